import { asciiOnly } from '@swarmwatch/config'

import type { Logger } from '../logger.ts'
import type { ActiveAlert } from './active-alert.ts'
import type { AlertChange } from './receivers/alert-receiver.ts'

/** `[ALERT] critical SystemErrorRateCritical firing: error rate 62 % is above 50 % since 2 min`; ASCII. */
function alertLine({ status, alert }: AlertChange, nowMs: number): string {
  const lasted = time(nowMs - alert.sinceMs)
  return asciiOnly(
    status === 'firing'
      ? `[ALERT] ${who(alert)} firing: ${alert.finding} since ${lasted}`
      : `[ALERT] ${who(alert)} resolved after ${lasted}`,
  )
}

/** Prints a line for each change; never throws, whatever the logger does. */
export function printAlerts(changes: readonly AlertChange[], nowMs: number, logger: Logger | false): void {
  for (const change of logger === false ? [] : changes) {
    const line = alertLine(change, nowMs)
    try {
      if (logger === false) return
      if (change.status === 'resolved' && logger.info) logger.info(line)
      else if (change.status === 'firing' && change.alert.rule.severity === 'critical') logger.error(line)
      else logger.warn(line)
    } catch {
      // a logger that throws must not reach the agents
    }
  }
}

function who({ rule }: ActiveAlert): string {
  return `${rule.severity} ${rule.alertName}`
}

function time(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
