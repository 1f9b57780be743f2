import { hash } from 'node:crypto'

import { isInstance } from '../unknown-values.ts'
import { longestShortText, LongTexts } from './long-texts.ts'

const longestKey = 256
const longestArguments = 100_000
const maxValues = 2_000
const maxDepth = 20

/** Makes texts that are equal exactly for calls of a tool with equal arguments, among all calls since {@link clear}. */
export class CallKeys {
  readonly #texts = new LongTexts()

  /** Returns undefined if the arguments cannot be compared. */
  keyOf(tool: string, args: readonly unknown[]): string | undefined {
    const writer = new Writer(this.#texts)
    writer.text(tool)
    for (let at = 0; at < args.length; at += 1) {
      const argument = args[at]
      if (at > 0 && isCallContext(argument)) continue
      writer.value(argument, 0)
    }
    const key = writer.result()
    return key !== undefined && key.length > longestKey ? hash('sha256', key, 'base64') : key
  }

  clear(): void {
    this.#texts.clear()
  }
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

interface SortedKeys {
  /** In the order of the object. */
  readonly keys: readonly string[]
  readonly sorted: readonly string[]
  /** The text of each of {@link sorted}. */
  readonly written: readonly string[]
}

/** Writes values so that two texts are equal exactly if the values are; the order of keys does not matter. */
class Writer {
  readonly #texts: LongTexts
  #text = ''
  /** Characters of long texts, of which {@link #text} has only the numbers. */
  #longCharacters = 0
  #values = 0
  #isComparable = true
  #lastKeys: SortedKeys | undefined

  constructor(texts: LongTexts) {
    this.#texts = texts
  }

  /** Undefined arguments at the end are the same as none. */
  result(): string | undefined {
    return this.#isComparable && !this.#isTooLong() ? withoutLast(this.#text, 'u') : undefined
  }

  text(text: string): void {
    if (text.length <= longestShortText) {
      this.#text += `s${text.length}:${text}`
      return
    }
    this.#longCharacters += text.length
    if (!this.#isTooLong()) this.#text += `l${this.#texts.numberOf(text)};`
  }

  value(value: unknown, depth: number): void {
    this.#values += 1
    if (!this.#isComparable || this.#values > maxValues || depth > maxDepth || this.#isTooLong()) {
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

  #isTooLong(): boolean {
    return this.#text.length + this.#longCharacters > longestArguments
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
    const { sorted, written } = this.#keysOf(value)
    this.#text += '{'
    for (let at = 0; at < sorted.length; at += 1) {
      const inner = value[sorted[at]!]
      if (inner === undefined) continue
      this.#text += written[at]!
      this.value(inner, depth + 1)
    }
    this.#text += '}'
  }

  /** The rows of a table have the same keys, which are sorted once. */
  #keysOf(value: object): SortedKeys {
    const keys = Object.keys(value)
    const last = this.#lastKeys
    if (last?.keys.length === keys.length && keys.every((key, at) => key === last.keys[at])) return last
    const sorted = keys.toSorted()
    return (this.#lastKeys = { keys, sorted, written: sorted.map((key) => `s${key.length}:${key}`) })
  }

  #identity(value: object): void {
    let identity = identities.get(value)
    if (identity === undefined) identities.set(value, (identity = lastIdentity += 1))
    this.#text += `o${identity};`
  }
}
