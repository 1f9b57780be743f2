import type { OptionProblem } from '../invalid-options-error.ts'
import { isOptions, propertyOf } from '../unknown-values.ts'
import { onceStoreProblem, type OnceStore } from './once-store.ts'

/** Options of `once`. */
export interface OnceOptions<Args extends unknown[] = unknown[], Result = unknown> {
  /**
   * Returns a text of 1 to 500 characters that identifies the effect within a run: two calls with the same key are one, also in one
   * attempt. @default the values of the arguments, and for equal calls of one attempt their order
   */
  readonly key?: ((...args: Args) => string) | undefined
  /**
   * Handling of a call that is repeated although its outcome is unknown. `fail` throws `UncertainEffectError`; `retry` calls the
   * tool again, for a receiver that ignores a repeated `Idempotency-Key`; a function finds out: it returns the result of the first call,
   * or of `run()`, which calls the tool. @default 'fail'
   */
  readonly onUncertain?: 'retry' | 'fail' | ((idempotencyKey: string, run: () => Promise<Result>) => Promise<unknown>) | undefined
  /**
   * Whether an error of the tool leaves open if the effect has happened. After any other error the tool counts as without effect, and is
   * called again by the next attempt. @default errors of calls that were cancelled, timed out, or lost their connection, and the statuses
   * 500, 502, 504 and 499; docs/best-practices.md has the table
   */
  readonly uncertainIf?: ((error: unknown) => boolean) | undefined
  /** @default the store of `configureOnce()`, which is in memory */
  readonly store?: OnceStore | undefined
  /**
   * The time limit of each call of the store. If it passes before the effect, the tool is not called and the call rejects with an
   * `OnceError` that is retried; after the effect, the result is returned and a line `[ONCE]` reports that it was not stored. @default 5
   */
  readonly storeTimeoutSeconds?: number | undefined
}

const isFunction = (value: unknown): boolean => typeof value === 'function'

const rules: Record<keyof OnceOptions<never, never>, (value: unknown) => string | undefined> = {
  key: (value) => (isFunction(value) ? undefined : 'must be a function'),
  onUncertain: (value) =>
    value === 'retry' || value === 'fail' || isFunction(value) ? undefined : "must be 'retry', 'fail' or a function",
  uncertainIf: (value) => (isFunction(value) ? undefined : 'must be a function'),
  store: onceStoreProblem,
  storeTimeoutSeconds: (value) =>
    typeof value === 'number' && value > 0 && value <= 3600 ? undefined : 'must be a number of seconds above 0, at most 3600',
}

/** Returns the problems of the option `once` of a tool. */
export function onceProblems(fn: unknown, once: unknown): OptionProblem[] {
  const problems: OptionProblem[] = []
  const kind = propertyOf(propertyOf(fn, 'constructor'), 'name')
  if (kind === 'GeneratorFunction' || kind === 'AsyncGeneratorFunction')
    problems.push({
      option: 'once',
      rule: 'cannot be combined with a generator function, whose result cannot be kept',
      value: once,
    })
  if (once === true) return problems
  if (!isOptions(once)) return [...problems, { option: 'once', rule: 'must be true or an object', value: once }]
  for (const [option, value] of Object.entries(once)) {
    const known = Object.hasOwn(rules, option)
    const rule = !known
      ? `is not an option; the options are ${Object.keys(rules).join(', ')}`
      : value === undefined
        ? undefined
        : rules[option as keyof typeof rules](value)
    if (rule !== undefined) problems.push({ option: `once.${option}`, rule, value })
  }
  return problems
}
