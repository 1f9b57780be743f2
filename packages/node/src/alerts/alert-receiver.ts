import { asciiOnly } from '@swarmwatch/config'

import type { TelemetryLogger } from '../logger.ts'
import type { InProcessRule } from './in-process-rule.ts'

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
  /**
   * Called after every evaluation, one call at a time. When it rejects, the rest is sent in the
   * next round.
   */
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

/**
 * `[ALERT] critical SystemErrorRateCritical firing: error rate 62 % is above 50 %, for 2 min`;
 * ASCII.
 */
function alertLine({ status, alert }: AlertChange, nowMs: number): string {
  const lasted = time(nowMs - alert.sinceMs)
  return asciiOnly(
    status === 'firing'
      ? `[ALERT] ${who(alert)} firing: ${alert.finding}, for ${lasted}`
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

/** An alert that fires, or that has just ended and is to be reported as resolved. */
export interface ActiveAlert {
  readonly rule: InProcessRule
  /** The labels of the process, `alertname` and `severity`. */
  readonly labels: Readonly<Record<string, string>>
  readonly fingerprint: string
  readonly annotations: Readonly<Record<'summary' | 'description', string> & Partial<Record<'runbook_url', string>>>
  readonly finding: string
  /** When its condition began to hold. */
  readonly sinceMs: number
}

/** The alert of a rule whose condition has held since `sinceMs`. */
export function activeAlert(
  rule: InProcessRule,
  { finding, sinceMs }: { readonly finding: string; readonly sinceMs: number },
  processLabels: Readonly<Record<string, string>>,
): ActiveAlert {
  // Alertmanager rejects empty values
  const given = Object.fromEntries(Object.entries(processLabels).filter(([, value]) => value !== ''))
  const labels = { ...given, alertname: rule.alertName, severity: rule.severity }
  const annotations = {
    summary: `${rule.alertName}: ${finding}`,
    description: rule.description,
    ...(rule.runbookUrl !== undefined && { runbook_url: rule.runbookUrl }),
  }
  return { rule, labels, fingerprint: fingerprint(labels), annotations, finding, sinceMs }
}

const offset = 14_695_981_039_346_656_037n
const prime = 1_099_511_628_211n
const separator = 0xff

/**
 * 16 hexadecimal digits for a set of labels, the same that Alertmanager computes (FNV-1a over
 * sorted names and values).
 */
function fingerprint(labels: Readonly<Record<string, string>>): string {
  let hash = offset
  for (const name of Object.keys(labels).toSorted()) {
    for (const byte of [...Buffer.from(name), separator, ...Buffer.from(labels[name]!), separator]) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime)
    }
  }
  return hash.toString(16).padStart(16, '0')
}

/**
 * The result of `work`, or a rejection (TimeoutError) after `ms`. Work that continues has no
 * further effect.
 */
export async function withDeadline<Result>(work: () => Promise<Result>, ms: number): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')), ms)
  timer.unref()
  try {
    return await Promise.race([work(), promise])
  } finally {
    clearTimeout(timer)
  }
}
