import { isInstance } from '../unknown-values.ts'

const longestArguments = 100_000
const maxParts = 4_000
const maxDepth = 20
/** Kinds of objects whose sorted keys are known. */
const maxKnownKeys = 100

/**
 * A tool call as a list of its primitive values and the kinds of objects that they are in, because its arguments may change later. Texts
 * are kept by reference.
 */
export interface CallForm {
  readonly parts: readonly unknown[]
  /** Characters of memory. */
  readonly size: number
}

/** A place at which two calls differ. */
export interface Place {
  /** Index of the part. */
  readonly part: number
  /** Index in the part, if it is a text. */
  readonly character: number
}

/** Followed by its length and its items. As an argument, a symbol cannot be compared. */
const list = Symbol('list')
/** Followed by its milliseconds. */
const date = Symbol('date')
const signal = Symbol('signal')
/** Followed by the number of an object that is compared by identity. */
const instance = Symbol('instance')

/** Characters that {@link keyAt} reads before a place, where texts often differ, too, such as in digits of a number; and from there on. */
const [before, after] = [4, 8]

/** Precedes the values of a plain object, in the order of its sorted keys. */
class KeysMark {
  /** A text that only the same keys have; longer than those that {@link keyAt} reads in arguments. */
  readonly text: string
  constructor(sorted: readonly string[]) {
    this.text = JSON.stringify(sorted).padEnd(before + after + 1)
  }
}

/** Returns the first place at which two calls differ; undefined if they are equal. */
export function firstDifference({ parts: one }: CallForm, { parts: other }: CallForm): Place | undefined {
  const length = Math.max(one.length, other.length)
  for (let part = 0; part < length; part += 1)
    if (!isSamePart(one[part], other[part])) return { part, character: firstCharacter(one[part], other[part]) }
  return undefined
}

/** Types are compared first: V8 then compares two numbers or objects in place, where it calls a function for values of any type. */
function isSamePart(one: unknown, other: unknown): boolean {
  if (typeof one === 'number') return typeof other === 'number' && (one === other || (Number.isNaN(one) && Number.isNaN(other)))
  if (typeof one === 'string') return typeof other === 'string' && one === other
  return one === other || (one instanceof KeysMark && other instanceof KeysMark && one.text === other.text)
}

/** By halves: comparing two parts of texts takes a fraction of the time of a loop over their characters. */
function firstCharacter(one: unknown, other: unknown): number {
  if (typeof one !== 'string' || typeof other !== 'string') return 0
  let start = 0
  let end = Math.max(one.length, other.length)
  while (end - start > 1) {
    const middle = (start + end) >> 1
    if (one.slice(start, middle) === other.slice(start, middle)) start = middle
    else end = middle
  }
  return start
}

/** Returns a key for a map: the same for equal calls, and not the same for two calls whose {@link firstDifference} is at this place. */
export function keyAt({ parts }: CallForm, { part, character }: Place): unknown {
  const value = parts[part]
  // V8 copies up to 12 characters; a longer slice would keep the whole text in memory
  if (typeof value === 'string') return value.slice(Math.max(0, character - before), character + after)
  return value instanceof KeysMark ? value.text : value
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
export function formOf(tool: string, args: readonly unknown[]): CallForm | undefined {
  const writer = free ?? new Writer()
  // A getter that calls a tool takes another one
  free = undefined
  let form: CallForm | undefined
  try {
    form = writer.write(tool, args)
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
  /** Of the last object: the rows of a table have the same. */
  #keys = keysOf({})
  /** By their first one. */
  readonly #known = new Map<string, Keys>()

  /** Throws {@link notComparable} for arguments that cannot be compared, and what their getters throw. */
  write(tool: string, args: readonly unknown[]): CallForm {
    // As long as the last one, because calls of a tool resemble each other. Not an array that is kept: V8 remembers each new number in an
    // old array for its garbage collector, which takes longer than all else
    // oxlint-disable-next-line unicorn/no-new-array
    this.#parts = new Array<unknown>(this.#length)
    this.#length = this.#characters = 0
    this.#value(tool, 0)
    for (let at = 0; at < args.length; at += 1) if (at === 0 || !isCallContext(args[at])) this.#value(args[at], 0)
    // Undefined arguments at the end are the same as none
    while (this.#parts[this.#length - 1] === undefined) this.#length -= 1
    const parts = this.#parts.length === this.#length ? this.#parts : this.#parts.slice(0, this.#length)
    this.#parts = []
    return { parts, size: 8 * parts.length + this.#characters }
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

  #two(mark: symbol, part: unknown): void {
    this.#one(mark)
    this.#one(part)
  }

  #text(text: string): void {
    this.#counted(text.length)
    this.#one(text)
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
   * Writes plain objects with the {@link #keys} of the last one and with primitive values, such as rows of a table. Returns the
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
        if (typeof part === 'string') characters += part.length
        else if (typeof part !== 'number' && typeof part !== 'boolean' && part !== null) break rows
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
