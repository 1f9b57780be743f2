import type { Logger } from '../../logger.ts'
import { printAlerts } from '../alert-line.ts'
import type { AlertReceiver } from './alert-receiver.ts'

/** Prints one line when an alert fires and one when it is over. */
export function consoleReceiver(logger: Logger | false): AlertReceiver {
  return {
    name: 'the console',
    async update({ changes, nowMs }) {
      printAlerts(changes, nowMs, logger)
    },
    async close() {},
  }
}
