import { asciiOnly } from '@swarmwatch/config'

import type { TelemetryLogger } from '../logger.ts'
import type { ActiveAlert } from './active-alert.ts'

/** A change of one alert, to be reported to the recipients. */
export interface AlertChange {
  readonly status: 'firing' | 'resolved'
  readonly alert: ActiveAlert
}

/** The state of all alerts after an evaluation. */
export interface AlertRound {
  readonly nowMs: number
  /** Until the next evaluation. */
  readonly intervalSeconds: number
  /** Every alert that has been reported and still fires. */
  readonly firing: readonly ActiveAlert[]
  /** Since the last round; each change is passed once. */
  readonly changes: readonly AlertChange[]
}

/** A destination of alerts. */
export interface AlertReceiver {
  /** Name for messages: `Alertmanager at 127.0.0.1:9093`. */
  readonly name: string
  /** Called after every evaluation, one call at a time. When it rejects, the rest is sent in the next round. */
  update(round: AlertRound): Promise<void>
  close(): Promise<void>
}

/** Prints one line when an alert fires and one when it is resolved. */
export function consoleReceiver(logger: TelemetryLogger | false): AlertReceiver {
  return {
    name: 'the console',
    async update({ changes, nowMs }) {
      printAlerts(changes, nowMs, logger)
    },
    async close() {},
  }
}

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
export function printAlerts(changes: readonly AlertChange[], nowMs: number, logger: TelemetryLogger | false): void {
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
