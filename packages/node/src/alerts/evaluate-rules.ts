import type { SystemHealth } from '@swarmwatch/sdk'

import type { InProcessRule } from './in-process-rule.ts'
import { isMuted } from './inhibition.ts'

/** A rule and what is known of it. */
export interface TrackedRule {
  readonly rule: InProcessRule
  readonly state: AlertState
  /** Whether people have been told that it fires, and not yet that it is over. */
  readonly isTold: boolean
  readonly isMuted: boolean
  /** When it was last seen muted, while it has not been quiet since. */
  readonly mutedMs?: number | undefined
  /** What was wrong when its condition last held. */
  readonly finding: string
}

/** What people must be told. */
export interface Change {
  readonly status: 'firing' | 'resolved'
  readonly rule: InProcessRule
  /** When its condition began to hold. */
  readonly sinceMs: number
  readonly finding: string
}

/** All rules after one evaluation, and what people must be told of it. */
export interface Evaluation {
  readonly tracked: readonly TrackedRule[]
  readonly changes: readonly Change[]
}

/** What an evaluation needs besides rules and health. */
export interface EvaluationOptions {
  readonly quietSeconds: number
  /** Called for a condition that threw, which counts as not holding. */
  readonly onThrown: (rule: InProcessRule, error: unknown) => void
}

/** A rule before its first evaluation. */
export function untold(rule: InProcessRule): TrackedRule {
  return { rule, state: { phase: 'inactive' }, isTold: false, isMuted: false, finding: '' }
}

/** A rule after a pause of the process, in which its condition was not observed: what must last begins again. */
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
 * Evaluates all rules once. An alert that was muted is sent when its condition has held for its own `forSeconds` (at least the quiet
 * time) after it was last muted: what only takes longer to end than the alert that muted it is not sent right before it ends. One that
 * was sent before it was muted is still reported as resolved.
 */
export function evaluateRules(
  before: readonly TrackedRule[],
  health: SystemHealth,
  nowMs: number,
  { quietSeconds, onThrown }: EvaluationOptions,
): Evaluation {
  const stepped = before.map((tracked) => {
    const { rule } = tracked
    const found = look(rule, health, onThrown)
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
    if (isDue && !next.isTold) {
      changes.push({ status: 'firing', rule, sinceMs: state.sinceMs, finding })
      return { ...next, isMuted: muted, mutedMs, isTold: true }
    }
    if (state.phase !== 'firing' && next.isTold && previous.phase === 'firing') {
      changes.push({ status: 'resolved', rule, sinceMs: previous.sinceMs, finding })
      return { ...next, isMuted: muted, mutedMs, isTold: false }
    }
    return { ...next, isMuted: muted, mutedMs }
  })
  return { tracked, changes }
}

/** What is wrong; undefined when nothing is. */
function look(rule: InProcessRule, health: SystemHealth, onThrown: EvaluationOptions['onThrown']): string | undefined {
  try {
    return rule.holds(health) ? rule.finding(health) : undefined
  } catch (error) {
    onThrown(rule, error)
    return undefined
  }
}

/** Where a rule is: nothing wrong, wrong but not for long enough, or firing. */
export type AlertState =
  | { readonly phase: 'inactive' }
  | { readonly phase: 'pending'; readonly sinceMs: number }
  /** `quietSinceMs` is set while its condition does not hold any more. */
  | { readonly phase: 'firing'; readonly sinceMs: number; readonly quietSinceMs?: number }

/** How long a condition must hold, and how long it must be quiet. */
export interface AlertTiming {
  /** The condition must have held this long before it fires. */
  readonly forSeconds: number
  /** A firing rule resolves only when it has been quiet this long; what flickers stays one alert. */
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
