import { type AlertRule, type Configuration, severities, type Severity } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'

import { errorWord, type Logger, warnTo } from '../logger.ts'
import { withDeadline } from '../wait-at-most.ts'
import { activeAlert, type ActiveAlert } from './active-alert.ts'
import { type AlertChange, type AlertReceiver, printAlerts } from './alert-receiver.ts'
import type { ConditionRule } from './condition-rule.ts'
import { afterPause, evaluateRules, type TrackedRule, untold } from './evaluate-rules.ts'
import { inProcessRule, type InProcessRule } from './in-process-rule.ts'

/** An alert as the status page shows it. */
export interface CurrentAlert {
  readonly name: string
  readonly severity: Severity
  /** `pending`: wrong, but not yet for long enough to be told. */
  readonly state: 'pending' | 'firing'
  /** Another alert that fires says the same, so it is not told. */
  readonly isMuted: boolean
  /** What is wrong: `error rate 62 % is above 50 %`. */
  readonly summary: string
  /** When its condition began to hold, in milliseconds since 1970. */
  readonly sinceMs: number
  /** What to do about it. */
  readonly runbookUrl?: string | undefined
}

/** Rules that are being evaluated. */
export interface AlertRules {
  /** Worst first. */
  readonly current: () => CurrentAlert[]
  /** How often a condition has thrown. */
  readonly thrown: () => number
  /** Ends the evaluation and closes the receiver; waits at most 2 s for what is under way. Firing alerts are not told to be over. */
  readonly stop: () => Promise<void>
}

/** Which rules, how often, and who is told. */
export interface AlertRulesOptions {
  readonly rules: readonly (AlertRule | ConditionRule)[]
  /** Where the runbooks of the named rules are. @default none */
  readonly runbooksUrl?: string | undefined
  readonly intervalSeconds: number
  /** Health now; `getSystemHealth`. */
  readonly health: () => SystemHealth
  readonly receiver: AlertReceiver
  /** On every alert: service, instance, environment. */
  readonly labels: Readonly<Record<string, string>>
  readonly logger?: Logger | false
  /** A firing alert is over when it has been quiet this long. @default two intervals */
  readonly quietSeconds?: number
  /** Milliseconds since 1970 that never go back. @default the monotonic clock */
  readonly now?: () => number
}

const toConsole: Logger = console

/** A busy machine is late by less. */
const shortestPauseMs = 2_000

/**
 * Evaluates the rules every `intervalSeconds` until stopped; never keeps the process alive. What cannot be sent is printed, said once
 * and sent again in the next round.
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
  const saidThrown = new Set<string>()
  let tracked: readonly TrackedRule[] = rules.map((rule) => untold(inProcessRule(rule, runbooksUrl)))
  let thrown = 0
  let unsent: AlertChange[] = []
  let sending: Promise<void> | undefined
  let isFailing = false
  let evaluatedMs = now()
  let isLate = false

  function sayThrown(what: string, error: unknown): void {
    thrown += 1
    if (saidThrown.has(what)) return
    saidThrown.add(what)
    warn(`${what} threw (${errorWord(error)}) and counts as not fulfilled; further times are only counted`)
  }

  function evaluate(): void {
    const nowMs = now()
    const wasLate = isLate
    isLate = nowMs - evaluatedMs > intervalSeconds * 1_000 + Math.max(2 * intervalSeconds * 1_000, shortestPauseMs)
    evaluatedMs = nowMs
    if (isLate) {
      // the process was paused: no one looked meanwhile, and what came in waits to be read first
      tracked = tracked.map((one) => afterPause(one, nowMs))
      if (!wasLate) return
    }
    let state: SystemHealth
    try {
      state = health()
    } catch (error) {
      return sayThrown('the health check', error)
    }
    const onThrown = ({ alertName }: InProcessRule, error: unknown): void => sayThrown(`the alert rule ${alertName}`, error)
    const evaluation = evaluateRules(tracked, state, nowMs, { quietSeconds, onThrown })
    tracked = evaluation.tracked
    unsent.push(...evaluation.changes.map(({ status, rule, ...held }) => ({ status, alert: activeAlert(rule, held, labels) })))
    sending ??= send().finally(() => (sending = undefined))
  }

  /** One call at a time; what comes up meanwhile goes with the next. */
  async function send(): Promise<void> {
    const changes = unsent
    unsent = []
    const nowMs = now()
    try {
      await receiver.update({ nowMs, intervalSeconds, firing: firingAlerts(tracked, labels), changes })
      if (isFailing) warn(`alerts reach ${receiver.name} again`)
      isFailing = false
    } catch (error) {
      // the last resort, so that nothing is lost silently
      printAlerts(changes, nowMs, logger)
      if (!isFailing) warn(`alerts do not reach ${receiver.name}: ${reasonOf(error)}; tried again every ${intervalSeconds} s`)
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
  return tracked.flatMap(({ rule, state, isTold, finding }) =>
    isTold && state.phase === 'firing' ? activeAlert(rule, { finding, sinceMs: state.sinceMs }, labels) : [],
  )
}

function currentAlerts(tracked: readonly TrackedRule[]): CurrentAlert[] {
  return tracked
    .flatMap(({ rule, state, isTold, isMuted, finding }): CurrentAlert[] => {
      if (state.phase === 'inactive') return []
      const { alertName: name, severity, runbookUrl } = rule
      // One that was muted until now waits once more before it is sent
      const phase = isTold || isMuted ? state.phase : 'pending'
      return [{ name, severity, state: phase, isMuted, summary: finding, sinceMs: state.sinceMs, runbookUrl }]
    })
    .toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity))
}

/** Our own messages say no secret; of anybody else's error only the kind is shown. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.constructor === Error ? error.message : errorWord(error)
}

/** Whether rules are evaluated in this process: `auto` leaves them to Prometheus when metrics go out by OTLP. */
export function isInProcess({ monitor, alerts }: Configuration, sendsMetrics: boolean): boolean {
  if (!monitor.enabled || alerts.inProcess === 'off') return false
  return alerts.inProcess === 'on' || !sendsMetrics
}
