import type { OptionProblem } from '../invalid-options-error.ts'
import { isObject, propertyOf } from '../unknown-values.ts'

/**
 * An alternative to an agent's function, such as the same prompt with another model. It returns what the agent returns, at once or as a
 * promise.
 */
export type Fallback<Args extends unknown[], Result = unknown> =
  | ((...args: Args) => Result | PromiseLike<Result>)
  | {
      /** The value of `swarmwatch.attempt.fallback`. @default the function's name, or `fallback 1`, `fallback 2`, ... */
      readonly name: string
      readonly fn: (...args: Args) => Result | PromiseLike<Result>
    }

/** A fallback with its name. */
export interface NamedFallback {
  readonly name: string
  readonly fn: (...args: never) => unknown
}

/** A call of a fallback with the arguments of a run. */
export interface Alternative {
  readonly name: string
  readonly call: () => unknown
}

const maxFallbacks = 20
const maxNameLength = 100

/** Returns the fallbacks of an agent with their names, in their order. */
export function namedFallbacks(fallbacks: readonly Fallback<never>[] = []): NamedFallback[] {
  return fallbacks.map((each, at) => {
    const fn = typeof each === 'function' ? each : each.fn
    const name = each.name === '' || each.name === 'fn' ? `fallback ${at + 1}` : each.name
    return { name: name.slice(0, maxNameLength), fn }
  })
}

/** Returns the problems of the option `fallback`. */
export function fallbackProblems({
  fallback,
  policy,
}: {
  readonly fallback?: unknown
  readonly policy?: unknown
}): OptionProblem[] {
  if (!Array.isArray(fallback) || fallback.length === 0 || fallback.length > maxFallbacks) {
    return [{ option: 'fallback', rule: `must be a list of 1 to ${maxFallbacks} functions`, value: fallback }]
  }
  const problems: OptionProblem[] = []
  if (policy !== undefined)
    problems.push({ option: 'fallback', rule: 'cannot be combined with policy, which may contain one', value: fallback })
  for (const [at, each] of fallback.entries()) {
    if (typeof each === 'function') continue
    const option = `fallback[${at}]`
    const { name, fn } = { name: propertyOf(each, 'name'), fn: propertyOf(each, 'fn') }
    if (!isObject(each)) problems.push({ option, rule: 'must be a function or { name, fn }', value: each as unknown })
    else {
      if (typeof name !== 'string' || name === '' || name.length > maxNameLength)
        problems.push({ option: `${option}.name`, rule: `must be a string of 1 to ${maxNameLength} characters`, value: name })
      if (typeof fn !== 'function') problems.push({ option: `${option}.fn`, rule: 'must be a function', value: fn })
    }
  }
  return problems
}
