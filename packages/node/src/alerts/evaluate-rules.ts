import { inhibitionRules, severities, type Severity } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'

import type { InProcessRule } from './in-process-rule.ts'

/** A rule and its state. */
export interface TrackedRule {
  readonly rule: InProcessRule
  readonly state: AlertState
  /** Whether it has been reported as firing, and not yet as resolved. */
  readonly isReported: boolean
  readonly isMuted: boolean
  /** When it was last seen muted, while it has not been quiet since. */
  readonly mutedMs?: number | undefined
  /** The problem when its condition last held. */
  readonly finding: string
}

/** A change of one rule, to be reported to the recipients. */
export interface Change {
  readonly status: 'firing' | 'resolved'
  readonly rule: InProcessRule
  /** When its condition began to hold. */
  readonly sinceMs: number
  readonly finding: string
}

/** All rules after one evaluation, and the changes to report. */
export interface Evaluation {
  readonly tracked: readonly TrackedRule[]
  readonly changes: readonly Change[]
}

/** Options of an evaluation. */
export interface EvaluationOptions {
  readonly quietSeconds: number
  /** Called for a condition that threw, which counts as not holding. */
  readonly onThrown: (rule: InProcessRule, error: unknown) => void
}

/** A rule before its first evaluation. */
export function unevaluated(rule: InProcessRule): TrackedRule {
  return { rule, state: { phase: 'inactive' }, isReported: false, isMuted: false, finding: '' }
}

/**
 * A rule after a pause of the process, in which its condition was not observed: its waiting times
 * start again.
 */
export function afterPause(tracked: TrackedRule, nowMs: number): TrackedRule {
  const { state, mutedMs } = tracked
  const muted = mutedMs === undefined ? {} : { mutedMs: nowMs }
  if (state.phase === 'pending') return { ...tracked, ...muted, state: { ...state, sinceMs: nowMs } }
  if (state.phase === 'firing' && state.quietSinceMs !== undefined) {
    return { ...tracked, ...muted, state: { ...state, quietSinceMs: nowMs } }
  }
  return { ...tracked, ...muted }
}

/**
 * Evaluates all rules once. A muted alert is sent when its condition has held for its own
 * `forSeconds` (at least the quiet time) after it was last muted, so that an alert that only takes
 * longer to resolve than the one that muted it is not sent. An alert that was sent before it was
 * muted is still reported as resolved.
 */
export function evaluateRules(
  before: readonly TrackedRule[],
  health: SystemHealth,
  nowMs: number,
  { quietSeconds, onThrown }: EvaluationOptions,
): Evaluation {
  const stepped = before.map((tracked) => {
    const { rule } = tracked
    const found = findingOf(rule, health, onThrown)
    const state = nextState(tracked.state, found !== undefined, nowMs, { forSeconds: rule.forSeconds, quietSeconds })
    return { ...tracked, state, finding: found ?? tracked.finding, before: tracked.state }
  })
  const firing = stepped.filter(({ state }) => state.phase === 'firing').map(({ rule }) => rule)
  const changes: Change[] = []
  const tracked = stepped.map(({ before: previous, ...next }): TrackedRule => {
    const { rule, state, finding } = next
    const muted = state.phase !== 'inactive' && isMuted(rule, firing)
    const holds = state.phase === 'firing' && state.quietSinceMs === undefined
    const mutedMs = muted ? nowMs : state.phase === 'inactive' ? undefined : next.mutedMs
    const waitMs = Math.max(rule.forSeconds, quietSeconds) * 1_000
    const isDue = holds && !muted && (mutedMs === undefined || nowMs - mutedMs >= waitMs)
    if (isDue && !next.isReported) {
      changes.push({ status: 'firing', rule, sinceMs: state.sinceMs, finding })
      return { ...next, isMuted: muted, mutedMs, isReported: true }
    }
    if (state.phase !== 'firing' && next.isReported && previous.phase === 'firing') {
      changes.push({ status: 'resolved', rule, sinceMs: previous.sinceMs, finding })
      return { ...next, isMuted: muted, mutedMs, isReported: false }
    }
    return { ...next, isMuted: muted, mutedMs }
  })
  return { tracked, changes }
}

/** The finding of a rule; undefined when its condition does not hold. */
function findingOf(rule: InProcessRule, health: SystemHealth, onThrown: EvaluationOptions['onThrown']): string | undefined {
  try {
    return rule.holds(health) ? rule.finding(health) : undefined
  } catch (error) {
    onThrown(rule, error)
    return undefined
  }
}

/** State of a rule: its condition does not hold, holds but not yet for long enough, or fires. */
export type AlertState =
  | { readonly phase: 'inactive' }
  | { readonly phase: 'pending'; readonly sinceMs: number }
  /** `quietSinceMs` is set while its condition no longer holds. */
  | { readonly phase: 'firing'; readonly sinceMs: number; readonly quietSinceMs?: number }

/** Time for which a condition must hold, and time for which it must not. */
export interface AlertTiming {
  /** The condition must have held this long before it fires. */
  readonly forSeconds: number
  /**
   * A firing rule resolves only when its condition has not held for this long; a flickering
   * condition stays one alert.
   */
  readonly quietSeconds: number
}

/** The state after one evaluation. `sinceMs` is when the condition began to hold. */
export function nextState(state: AlertState, holds: boolean, nowMs: number, timing: AlertTiming): AlertState {
  if (holds) {
    if (state.phase === 'firing') return { phase: 'firing', sinceMs: state.sinceMs }
    const sinceMs = state.phase === 'pending' ? state.sinceMs : nowMs
    return { phase: nowMs - sinceMs >= timing.forSeconds * 1_000 ? 'firing' : 'pending', sinceMs }
  }
  if (state.phase !== 'firing') return { phase: 'inactive' }
  const quietSinceMs = state.quietSinceMs ?? nowMs
  const isOver = nowMs - quietSinceMs >= timing.quietSeconds * 1_000
  return isOver ? { phase: 'inactive' } : { phase: 'firing', sinceMs: state.sinceMs, quietSinceMs }
}

interface Named {
  readonly alertName: string
  readonly severity: Severity
}

const fleetRules = inhibitionRules.filter(({ same }) => same === 'fleet')

/**
 * Whether a firing alert reports the same cause, or is the same alert with a higher severity. Names
 * with `*` do not count: they stand for alerts about one agent, and an alert of the process is
 * about all of its agents.
 */
function isMuted(alert: Named, firing: readonly Named[]): boolean {
  return firing.some((other) =>
    other.alertName === alert.alertName
      ? severities.indexOf(other.severity) < severities.indexOf(alert.severity)
      : fleetRules.some(
          ({ source, target }) => source.alerts.includes(other.alertName) && target.alerts.includes(alert.alertName),
        ),
  )
}
