import { setTimeout as pause } from 'node:timers/promises'

/** Options for `eventually`. */
export interface EventuallyOptions {
  /** Ends a wait that will never succeed; it is not a promise about speed. @default 120_000 */
  readonly withinMs?: number
  /** Pause between two looks; raise it where a look is expensive. @default 20 */
  readonly everyMs?: number
}

/**
 * Waits until `look` returns something other than undefined or false, and returns that. A look that throws is repeated as well.
 * Rejects after `withinMs`; the error names `what` it waited for, and its cause is the error of the last look.
 *
 * @example await eventually('the alert to be delivered', () => channel.delivered[0])
 */
export async function eventually<Value>(
  what: string,
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
  { withinMs = 120_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<Value> {
  const endMs = performance.now() + withinMs
  for (;;) {
    let cause: unknown
    try {
      const value = await look()
      if (value !== undefined && value !== false) return value
    } catch (error) {
      cause = error
    }
    if (performance.now() > endMs) throw new Error(`waited ${withinMs / 1_000} s for ${what}`, { cause })
    await pause(everyMs)
  }
}
