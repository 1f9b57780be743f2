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
