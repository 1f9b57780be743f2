import { type AlertRule, type Configuration, severities, type Severity } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'

import { errorWord, type TelemetryLogger, warnTo } from '../logger.ts'
import {
  activeAlert,
  type ActiveAlert,
  type AlertChange,
  type AlertReceiver,
  printAlerts,
  withDeadline,
} from './alert-receiver.ts'
import { afterPause, evaluateRules, type TrackedRule, unevaluated } from './evaluate-rules.ts'
import { type ConditionRule, inProcessRule, type InProcessRule } from './in-process-rule.ts'

/** An alert for the status page. */
export interface CurrentAlert {
  readonly name: string
  readonly severity: Severity
  /** `pending`: its condition holds, but not yet for long enough. */
  readonly state: 'pending' | 'firing'
  /** Another firing alert covers it, so it is not sent. */
  readonly isMuted: boolean
  /** The problem: `error rate 62 % is above 50 %`. */
  readonly summary: string
  /** When its condition began to hold, in milliseconds since 1970. */
  readonly sinceMs: number
  /** URL of the page that describes what to do. */
  readonly runbookUrl?: string | undefined
}

/** The running evaluation of the rules. */
export interface AlertRules {
  /** Worst first. */
  readonly current: () => CurrentAlert[]
  /** Number of conditions that have thrown. */
  readonly thrown: () => number
  /**
   * Ends the evaluation and closes the receiver; waits at most 2 s for each. Firing alerts are not
   * reported as resolved.
   */
  readonly stop: () => Promise<void>
}

/** The rules, their interval, and the receiver of the alerts. */
export interface AlertRulesOptions {
  readonly rules: readonly (AlertRule | ConditionRule)[]
  /** Base URL of the runbooks of the named rules. @default none */
  readonly runbooksUrl?: string | undefined
  readonly intervalSeconds: number
  /** Returns the health now; `getSystemHealth`. */
  readonly health: () => SystemHealth
  readonly receiver: AlertReceiver
  /** Added to every alert: service, instance, environment. */
  readonly labels: Readonly<Record<string, string>>
  readonly logger?: TelemetryLogger | false
  /**
   * A firing alert is resolved when its condition has not held for this long.
   * @default two intervals
   */
  readonly quietSeconds?: number
  /** Milliseconds since 1970 that never go back. @default the monotonic clock */
  readonly now?: () => number
}

const toConsole: TelemetryLogger = console

/** A busy machine is late by less. */
const minPauseMs = 2_000

/**
 * Evaluates the rules every `intervalSeconds` until stopped; never keeps the process alive. Alerts
 * that cannot be sent are printed, and sent again in the next round; the failure is logged once.
 */
export function startAlertRules({
  rules,
  runbooksUrl,
  intervalSeconds,
  health,
  receiver,
  labels,
  logger = toConsole,
  quietSeconds = 2 * intervalSeconds,
  now = () => performance.timeOrigin + performance.now(),
}: AlertRulesOptions): AlertRules {
  const warn = warnTo(logger)
  const loggedThrows = new Set<string>()
  let tracked: readonly TrackedRule[] = rules.map((rule) => unevaluated(inProcessRule(rule, runbooksUrl)))
  let thrown = 0
  let unsent: AlertChange[] = []
  let sending: Promise<void> | undefined
  let isFailing = false
  let evaluatedMs = now()
  let isLate = false

  function logThrow(what: string, error: unknown): void {
    thrown += 1
    if (loggedThrows.has(what)) return
    loggedThrows.add(what)
    warn(`${what} threw (${errorWord(error)}) and counts as not fulfilled; it is not logged again`)
  }

  function evaluate(): void {
    const nowMs = now()
    const wasLate = isLate
    isLate = nowMs - evaluatedMs > intervalSeconds * 1_000 + Math.max(2 * intervalSeconds * 1_000, minPauseMs)
    evaluatedMs = nowMs
    if (isLate) {
      // The process was paused: nothing was evaluated meanwhile, and results that arrived must be
      // read first
      tracked = tracked.map((one) => afterPause(one, nowMs))
      if (!wasLate) return
    }
    let state: SystemHealth
    try {
      state = health()
    } catch (error) {
      return logThrow('the health check', error)
    }
    const onThrown = ({ alertName }: InProcessRule, error: unknown): void => logThrow(`the alert rule ${alertName}`, error)
    const evaluation = evaluateRules(tracked, state, nowMs, { quietSeconds, onThrown })
    tracked = evaluation.tracked
    unsent.push(...evaluation.changes.map(({ status, rule, ...held }) => ({ status, alert: activeAlert(rule, held, labels) })))
    sending ??= send().finally(() => (sending = undefined))
  }

  /** One call at a time; changes that occur meanwhile are part of the next call. */
  async function send(): Promise<void> {
    const changes = unsent
    unsent = []
    const nowMs = now()
    try {
      await receiver.update({ nowMs, intervalSeconds, firing: firingAlerts(tracked, labels), changes })
      if (isFailing) warn(`alerts reach ${receiver.name} again`)
      isFailing = false
    } catch (error) {
      // As a last resort, so that no alert is lost silently
      printAlerts(changes, nowMs, logger)
      if (!isFailing)
        warn(`alerts do not reach ${receiver.name}: ${reasonOf(error)}; the next attempt is in ${intervalSeconds} s`)
      isFailing = true
    }
  }

  const timer = setInterval(evaluate, intervalSeconds * 1_000)
  timer.unref()
  return {
    current: () => currentAlerts(tracked),
    thrown: () => thrown,
    async stop() {
      clearInterval(timer)
      await withDeadline(async () => sending, 2_000).catch(() => {})
      await withDeadline(() => receiver.close(), 2_000).catch((error: unknown) =>
        warn(`${receiver.name} did not close: ${reasonOf(error)}`),
      )
    },
  }
}

function firingAlerts(tracked: readonly TrackedRule[], labels: Readonly<Record<string, string>>): ActiveAlert[] {
  return tracked.flatMap(({ rule, state, isReported, finding }) =>
    isReported && state.phase === 'firing' ? activeAlert(rule, { finding, sinceMs: state.sinceMs }, labels) : [],
  )
}

function currentAlerts(tracked: readonly TrackedRule[]): CurrentAlert[] {
  return tracked
    .flatMap(({ rule, state, isReported, isMuted, finding }): CurrentAlert[] => {
      if (state.phase === 'inactive') return []
      const { alertName: name, severity, runbookUrl } = rule
      // An alert that was muted until now waits again before it is sent
      const phase = isReported || isMuted ? state.phase : 'pending'
      return [{ name, severity, state: phase, isMuted, summary: finding, sinceMs: state.sinceMs, runbookUrl }]
    })
    .toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity))
}

/** Messages of our own errors contain no secret; of other errors only the type is shown. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.constructor === Error ? error.message : errorWord(error)
}

/**
 * Whether rules are evaluated in this process: `auto` leaves them to Prometheus when metrics are
 * exported by OTLP.
 */
export function isInProcess({ monitor, alerts }: Configuration, sendsMetrics: boolean): boolean {
  if (!monitor.enabled || alerts.inProcess === 'off') return false
  return alerts.inProcess === 'on' || !sendsMetrics
}
