import { hash } from 'node:crypto'

import type { OptionProblem } from '../invalid-options-error.ts'
import { guarded } from '../telemetry/guard.ts'
import { isInstance } from '../unknown-values.ts'

/** Limit for a run that repeats itself. */
export interface LoopLimit {
  /**
   * Maximum number of calls of a tool with equal arguments in an attempt: an integer >= 1. The next one ends the run with a
   * {@link LoopError}, and its tool is not called.
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
export function loopProblems(loop: object): OptionProblem[] {
  const problems: OptionProblem[] = []
  const { sameToolCall, except, ...unknown } = loop as { sameToolCall?: unknown; except?: unknown }
  if (!Number.isInteger(sameToolCall) || Number(sameToolCall) < 1)
    problems.push({ option: 'loop.sameToolCall', rule: 'must be an integer >= 1', value: sameToolCall })
  if (except !== undefined && !(Array.isArray(except) && except.every((name) => typeof name === 'string')))
    problems.push({ option: 'loop.except', rule: 'must be a list of names of tools', value: except })
  for (const [key, value] of Object.entries(unknown))
    problems.push({ option: `loop.${key}`, rule: 'is not an option; the options are sameToolCall, except', value })
  return problems
}

/** Different calls of an attempt that are remembered; the oldest one is forgotten first. */
const maxCalls = 1_000

/** Counts equal tool calls of an attempt. */
export class LoopGuard {
  readonly #max: number
  readonly #except: ReadonlySet<string>
  readonly #calls = new Map<string, number>()

  constructor({ sameToolCall, except = [] }: LoopLimit) {
    this.#max = sameToolCall
    this.#except = new Set(except)
  }

  /** Counts a call; returns an error if it is one too many. Arguments that cannot be compared are not counted. */
  called(tool: string, args: readonly unknown[]): LoopError | undefined {
    if (this.#except.has(tool)) return undefined
    const key = guarded('option', () => callKey(tool, args))
    if (key === undefined) return undefined
    const calls = (this.#calls.get(key) ?? 0) + 1
    if (calls > this.#max) return new LoopError(tool, calls)
    this.#calls.set(key, calls)
    if (this.#calls.size > maxCalls) this.#calls.delete(this.#calls.keys().next().value!)
    return undefined
  }

  /** Another attempt may do the same again. */
  reset(): void {
    this.#calls.clear()
  }
}

const longestKey = 256
const longestText = 100_000
const maxValues = 2_000
const maxDepth = 20

/** Returns a text that is equal for calls of a tool with equal arguments; undefined if the arguments cannot be compared. */
export function callKey(tool: string, args: readonly unknown[]): string | undefined {
  const writer = new Writer()
  writer.text(tool)
  for (const [at, argument] of args.entries()) {
    if (at > 0 && isCallContext(argument)) continue
    writer.value(argument, 0)
  }
  const key = writer.result()
  return key !== undefined && key.length > longestKey ? hash('sha256', key, 'base64') : key
}

/** Properties of the second argument with which frameworks call a tool; it differs in every call. */
const contextKeys = ['toolCallId', 'toolCall', 'abortSignal', 'sendNotification', 'callbacks', 'configurable', 'requestContext']

function isCallContext(argument: unknown): boolean {
  return typeof argument === 'object' && argument !== null && contextKeys.some((key) => key in argument)
}

/** Not a regular expression, which would need seconds for a long text with many of the letter. */
function withoutLast(text: string, letter: string): string {
  let end = text.length
  while (text[end - 1] === letter) end -= 1
  return text.slice(0, end)
}

/** Numbers of objects that are compared by identity. */
const identities = new WeakMap<object, number>()
let lastIdentity = 0

/** Writes values so that two texts are equal exactly if the values are; the order of keys does not matter. */
class Writer {
  #text = ''
  #values = 0
  #isComparable = true

  /** Undefined arguments at the end are the same as none. */
  result(): string | undefined {
    return this.#isComparable && this.#text.length <= longestText ? withoutLast(this.#text, 'u') : undefined
  }

  text(text: string): void {
    this.#text += `s${text.length}:${text}`
  }

  value(value: unknown, depth: number): void {
    this.#values += 1
    if (!this.#isComparable || this.#values > maxValues || depth > maxDepth || this.#text.length > longestText) {
      this.#isComparable = false
      return
    }
    if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number') this.#text += `n${value};`
    else if (typeof value === 'boolean') this.#text += value ? 't' : 'f'
    else if (value === undefined) this.#text += 'u'
    else if (value === null) this.#text += 'N'
    else if (typeof value === 'object') this.#object(value, depth)
    else if (typeof value === 'bigint') this.#text += `b${value};`
    else if (typeof value === 'function') this.#identity(value)
    else this.#isComparable = false
  }

  #object(value: object, depth: number): void {
    if (Array.isArray(value)) {
      this.#text += `[${value.length};`
      for (const item of value as unknown[]) this.value(item, depth + 1)
      return
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) this.#plain(value as Record<string, unknown>, depth)
    else if (isInstance(value, Date)) this.#text += `d${value.getTime()};`
    else if (isInstance(value, URL)) this.text(value.href)
    else if (isInstance(value, AbortSignal)) this.#text += 'a'
    // Its content may have changed since the last call
    else if (isInstance(value, Map) || isInstance(value, Set) || ArrayBuffer.isView(value)) this.#isComparable = false
    else this.#identity(value)
  }

  #plain(value: Record<string, unknown>, depth: number): void {
    const keys = Object.keys(value)
    if (keys.length > 1) keys.sort()
    this.#text += '{'
    for (const key of keys) {
      const inner = value[key]
      if (inner === undefined) continue
      this.text(key)
      this.value(inner, depth + 1)
    }
    this.#text += '}'
  }

  #identity(value: object): void {
    let identity = identities.get(value)
    if (identity === undefined) identities.set(value, (identity = lastIdentity += 1))
    this.#text += `o${identity};`
  }
}
