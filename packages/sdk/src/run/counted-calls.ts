import { hash } from 'node:crypto'

import { isInstance } from '../unknown-values.ts'
import { type KindOfValue, type Known, KnownValues, mixed, SharedMemory } from './known-values.ts'
import { longestShortText, longTexts } from './long-texts.ts'

const longestArguments = 100_000
const maxParts = 4_000
const maxDepth = 20
/** Kinds of objects whose sorted keys are known. */
const maxKnownKeys = 100

/**
 * Counts equal tool calls. A call is kept as a list of its primitive values and the kinds of objects that they are in, because its
 * arguments may change later.
 */
export class CountedCalls {
  readonly #memory = new SharedMemory()
  readonly #texts = longTexts(this.#memory)
  readonly #calls = new KnownValues(callForm, this.#memory)

  /** Counts a call, and returns what is known of those that are equal to it; undefined if its arguments cannot be compared. */
  see(tool: string, args: readonly unknown[]): Pick<Known<unknown>, 'number' | 'times'> | undefined {
    const form = formOf(tool, args, this.#texts)
    return form && this.#calls.see(form)
  }

  clear(): void {
    this.#texts.clear()
    this.#calls.clear()
  }
}

/** A tool call: primitive values and {@link Mark}s. */
interface CallForm {
  readonly parts: readonly unknown[]
  /** Characters of memory. */
  readonly size: number
}

/** Precedes the parts of an object in a {@link CallForm}. No argument is equal to it. */
class Mark {
  readonly code: number
  constructor(code: number) {
    this.code = code
  }
}

/** Followed by its length and its items. */
const list = new Mark(1)

/** Precedes the values of a plain object, in the order of its sorted keys. */
class KeysMark extends Mark {
  /** A text that only the same keys have. */
  readonly text: string
  constructor(sorted: readonly string[]) {
    super(2)
    this.text = JSON.stringify(sorted)
  }
}

/** Followed by its number among long texts. */
const longText = new Mark(4)
/** Followed by its milliseconds. */
const date = new Mark(5)
const signal = new Mark(6)
/** Followed by the number of an object that is compared by identity. */
const instance = new Mark(7)

/** Parts of which an outline is made. */
const sampled = 24

const callForm: KindOfValue<CallForm> = {
  outlineOf({ parts }) {
    const { length } = parts
    let outline = length
    const step = Math.max(1, Math.floor(length / sampled))
    for (let at = length - 1; at >= 0; at -= step) outline = mixed(outline, sampleOf(parts[at]))
    return outline
  },
  firstDifference({ parts: one }, { parts: other }) {
    const length = Math.max(one.length, other.length)
    for (let at = 0; at < length; at += 1) if (!isSamePart(one[at], other[at])) return at
    return -1
  },
  hashAt: ({ parts }, place) => hashOfPart(parts[place]),
  digestOf: ({ parts }) => hash('sha256', JSON.stringify(parts.map(written)), 'base64'),
  sizeOf: ({ size }) => size,
}

/** Types are compared first: V8 then compares two numbers or objects in place, where it calls a function for values of any type. */
function isSamePart(one: unknown, other: unknown): boolean {
  if (typeof one === 'number') return typeof other === 'number' && (one === other || (Number.isNaN(one) && Number.isNaN(other)))
  if (typeof one === 'string') return typeof other === 'string' && one === other
  return one === other || (one instanceof KeysMark && other instanceof KeysMark && one.text === other.text)
}

function sampleOf(part: unknown): number {
  if (typeof part === 'number') return hashOfNumber(part)
  if (typeof part === 'string') {
    const { length } = part
    if (length === 0) return 0
    return (length << 21) ^ (part.charCodeAt(0) << 14) ^ (part.charCodeAt(length >> 1) << 7) ^ part.charCodeAt(length - 1)
  }
  return part instanceof Mark ? part.code : Number(part === true)
}

function hashOfPart(part: unknown): number {
  const text = part instanceof KeysMark ? part.text : part
  if (typeof text !== 'string') return sampleOf(text)
  let result = text.length
  for (let at = 0; at < text.length; at += 1) result = mixed(result, text.charCodeAt(at))
  return result
}

/** Equal for 0 and -0. */
function hashOfNumber(number: number): number {
  const whole = number | 0
  return whole === number ? whole : (number * 1_000_003) | 0
}

/** A form of a part that JSON shows and that no other part has. */
function written(part: unknown): unknown {
  if (part instanceof KeysMark) return [part.code, part.text]
  if (part instanceof Mark) return [part.code]
  if (part === undefined) return []
  if (typeof part === 'bigint') return { bigint: String(part) }
  return typeof part === 'number' && !Number.isFinite(part) ? { number: String(part) } : part
}

/** Properties of the second argument with which frameworks call a tool; it differs in every call. */
const contextKeys = ['toolCallId', 'toolCall', 'abortSignal', 'sendNotification', 'callbacks', 'configurable', 'requestContext']

function isCallContext(argument: unknown): boolean {
  return typeof argument === 'object' && argument !== null && contextKeys.some((key) => key in argument)
}

/** Numbers of objects that are compared by identity. */
const identities = new WeakMap<object, number>()
let lastIdentity = 0

/** Kept for the next call: it knows keys. */
let free: Writer | undefined

/** Returns undefined for arguments that cannot be compared. */
function formOf(tool: string, args: readonly unknown[], texts: KnownValues<string>): CallForm | undefined {
  const writer = free ?? new Writer()
  // A getter that calls a tool takes another one
  free = undefined
  let form: CallForm | undefined
  try {
    form = writer.write(tool, args, texts)
  } catch (error) {
    if (error !== notComparable) throw error
  }
  free = writer
  return form
}

const notComparable = new Error('arguments that cannot be compared')

/** The keys of an object that have a value. */
interface Keys {
  /** In the order of the object; then undefined. */
  readonly keys: readonly (string | undefined)[]
  /** The place of each of {@link keys} among the sorted ones. */
  readonly places: readonly number[]
  readonly sorted: readonly string[]
  readonly mark: KeysMark
}

function firstKey(value: Record<string, unknown>): string | undefined {
  for (const key in value) if (value[key] !== undefined) return key
  return undefined
}

function hasKeys(value: Record<string, unknown>, { keys, sorted }: Keys): boolean {
  let at = 0
  for (const key in value) {
    if (value[key] === undefined) continue
    if (key !== keys[at]) return false
    at += 1
  }
  return at === sorted.length
}

function keysOf(value: Record<string, unknown>): Keys {
  const keys: string[] = []
  for (const key in value) if (value[key] !== undefined) keys.push(key)
  if (keys.length > maxParts) throw notComparable
  const sorted = keys.toSorted()
  const placeOf = new Map(sorted.map((key, place) => [key, place]))
  return { keys: [...keys, undefined], places: keys.map((key) => placeOf.get(key)!), sorted, mark: new KeysMark(sorted) }
}

/** Writes arguments as a {@link CallForm}; the order of keys does not matter. */
class Writer {
  #parts: unknown[] = []
  #length = 0
  /** Of all texts. */
  #characters = 0
  /** Of those that are known by their numbers. */
  #longCharacters = 0
  #texts: KnownValues<string> | undefined
  /** Of the last object: the rows of a table have the same. */
  #keys = keysOf({})
  /** By their first one. */
  readonly #known = new Map<string, Keys>()

  /** Throws {@link notComparable} for arguments that cannot be compared, and what their getters throw. */
  write(tool: string, args: readonly unknown[], texts: KnownValues<string>): CallForm {
    this.#texts = texts
    // As long as the last one, because calls of a tool resemble each other. Not an array that is kept: V8 remembers each new number in an
    // old array for its garbage collector, which takes longer than all else
    // oxlint-disable-next-line unicorn/no-new-array
    this.#parts = new Array<unknown>(this.#length)
    this.#length = this.#characters = this.#longCharacters = 0
    this.#value(tool, 0)
    for (let at = 0; at < args.length; at += 1) if (at === 0 || !isCallContext(args[at])) this.#value(args[at], 0)
    // Undefined arguments at the end are the same as none
    while (this.#parts[this.#length - 1] === undefined) this.#length -= 1
    const parts = this.#parts.length === this.#length ? this.#parts : this.#parts.slice(0, this.#length)
    this.#parts = []
    return { parts, size: 8 * parts.length + this.#characters - this.#longCharacters }
  }

  #value(value: unknown, depth: number): void {
    if (typeof value === 'object' && value !== null) this.#object(value, depth)
    else if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'function') this.#two(instance, identityOf(value))
    else if (typeof value === 'symbol') throw notComparable
    else this.#one(value)
  }

  #one(part: unknown): void {
    if (this.#length >= maxParts) throw notComparable
    this.#parts[this.#length] = part
    this.#length += 1
  }

  #two(mark: Mark, part: unknown): void {
    this.#one(mark)
    this.#one(part)
  }

  #text(text: string): void {
    this.#counted(text.length)
    if (text.length <= longestShortText) return this.#one(text)
    this.#longCharacters += text.length
    this.#two(longText, this.#texts!.see(text).number)
  }

  #counted(characters: number): void {
    this.#characters += characters
    if (this.#characters > longestArguments) throw notComparable
  }

  #object(value: object, depth: number): void {
    if (depth > maxDepth) throw notComparable
    if (Array.isArray(value)) return this.#list(value, depth)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) this.#plain(value as Record<string, unknown>, depth)
    else if (isInstance(value, Date)) this.#two(date, value.getTime())
    else if (isInstance(value, URL)) this.#text(value.href)
    else if (isInstance(value, AbortSignal)) this.#one(signal)
    // Its content may have changed since the last call
    else if (isInstance(value, Map) || isInstance(value, Set) || ArrayBuffer.isView(value)) throw notComparable
    else this.#two(instance, identityOf(value))
  }

  #list(items: readonly unknown[], depth: number): void {
    this.#two(list, items.length)
    for (let at = 0; at < items.length; at += 1) {
      at = this.#rows(items, at)
      if (at < items.length) this.#value(items[at], depth + 1)
    }
  }

  #plain(value: Record<string, unknown>, depth: number): void {
    const keys = (this.#keys = this.#keysOf(value))
    this.#one(keys.mark)
    for (const key of keys.sorted) this.#value(value[key], depth + 1)
  }

  /** Sorts keys once, because most objects have the same as an earlier one. */
  #keysOf(value: Record<string, unknown>): Keys {
    const first = firstKey(value)
    const known = first === undefined ? undefined : this.#known.get(first)
    if (known && hasKeys(value, known)) return known
    const keys = keysOf(value)
    if (this.#known.size >= maxKnownKeys) this.#known.clear()
    if (first !== undefined) this.#known.set(first, keys)
    return keys
  }

  /**
   * Writes plain objects with the {@link #keys} of the last one and with short primitive values, such as rows of a table. Returns the
   * index of the first item that is another one. For a table of 500 values this loop is nearly all of the time.
   */
  #rows(items: readonly unknown[], from: number): number {
    const parts = this.#parts
    const { keys, places, sorted, mark } = this.#keys
    const { length } = sorted
    let characters = 0
    let end = this.#length
    let row = from
    rows: for (; row < items.length; row += 1) {
      const item = items[row]
      // An object of a class has another constructor; the prototype would take twice as long
      if (typeof item !== 'object' || item === null || item.constructor !== Object) break
      const start = end + 1
      if (start + length > maxParts) throw notComparable
      let at = 0
      for (const key in item) {
        if (key !== keys[at]) break rows
        const part = (item as Record<string, unknown>)[key]
        if (typeof part === 'string') {
          if (part.length > longestShortText) break rows
          characters += part.length
        } else if (typeof part !== 'number' && typeof part !== 'boolean' && part !== null) break rows
        parts[start + places[at]!] = part
        at += 1
      }
      if (at !== length) break
      parts[end] = mark
      end = start + length
    }
    this.#length = end
    this.#counted(characters)
    return row
  }
}

function identityOf(value: object): number {
  let identity = identities.get(value)
  if (identity === undefined) identities.set(value, (identity = lastIdentity += 1))
  return identity
}
