import type { OptionProblem } from '../invalid-options-error.ts'
import { guarded } from '../telemetry/guard.ts'
import { CountedCalls } from './counted-calls.ts'

/** Limit for a run that repeats itself. */
export interface LoopLimit {
  /**
   * Maximum number of calls of a tool with equal arguments in an attempt: an integer >= 1. The next one ends the run with a
   * {@link LoopError}, and its tool is not called; no retry and no `fallback` follows. A retry and each `fallback` start the work again,
   * so they count from 0: the `toolCalls` of a `budget` limit the calls of all attempts together.
   */
  readonly sameToolCall: number
  /** Names of tools that may be called again and again, such as one that polls a status. @default none */
  readonly except?: readonly string[] | undefined
}

/** The error of a run that repeated a tool call. It is not retried; its `error.type` is `loop`. */
export class LoopError extends Error {
  override readonly name = 'LoopError'
  readonly code = 'loop'
  readonly isRetryable = false
  /** Name of the tool. */
  readonly tool: string
  /** Number of calls with equal arguments, the refused one included. */
  readonly calls: number

  constructor(tool: string, calls: number) {
    super(`the run called the tool ${tool.slice(0, 200)} ${calls} times with equal arguments`)
    this.tool = tool
    this.calls = calls
  }
}

/** Returns the problems of a loop limit. */
export function loopProblems(loop: object, prefix = 'loop.'): OptionProblem[] {
  const problems: OptionProblem[] = []
  const { sameToolCall, except, ...unknown } = loop as { sameToolCall?: unknown; except?: unknown }
  if (!Number.isInteger(sameToolCall) || Number(sameToolCall) < 1)
    problems.push({ option: `${prefix}sameToolCall`, rule: 'must be an integer >= 1', value: sameToolCall })
  if (except !== undefined && !(Array.isArray(except) && except.every((name) => typeof name === 'string')))
    problems.push({ option: `${prefix}except`, rule: 'must be a list of names of tools', value: except })
  for (const [key, value] of Object.entries(unknown))
    problems.push({ option: prefix + key, rule: 'is not an option; the options are sameToolCall, except', value })
  return problems
}

/** Counts equal tool calls of an attempt. */
export class LoopGuard {
  readonly #except: ReadonlySet<string>
  readonly #calls: CountedCalls

  constructor({ sameToolCall, except = [] }: LoopLimit) {
    this.#calls = new CountedCalls(sameToolCall)
    this.#except = new Set(except)
  }

  /** Counts a call; returns an error if it is one too many. Arguments that cannot be compared are not counted. */
  called(tool: string, args: readonly unknown[]): LoopError | undefined {
    if (this.#except.has(tool)) return undefined
    const times = guarded('option', () => this.#calls.count(tool, args))
    return times === undefined ? undefined : new LoopError(tool, times)
  }

  /** Another attempt may do the same again; memory is released. */
  reset(): void {
    this.#calls.clear()
  }
}
