/** Values to pick from JSON. An array is transparent: its elements are picked as if each was the array. */
export interface PickPlan {
  /** Name under which a string, number or boolean at this place is reported. */
  readonly as: string | undefined
  /** Name under which the end of an object at this place is reported, as `true`. */
  readonly endAs?: string | undefined
  readonly keys: ReadonlyMap<string, PickPlan> | undefined
  /** The keys by their length, so that those of a document are compared without becoming strings. */
  readonly keysByLength: readonly (readonly KeyPlan[] | undefined)[]
}

interface KeyPlan {
  readonly bytes: Buffer
  readonly plan: PickPlan
}

/**
 * Plan as it is written down: a text is the name of a value, an object has the plans of its keys, `''` names the object's own value and
 * `'}'` its end.
 */
export interface WrittenPlan {
  readonly [key: string]: string | WrittenPlan
}

/** Converts a written plan, once per process. */
export function pickPlan(written: WrittenPlan | string): PickPlan {
  if (typeof written === 'string') return { as: written, keys: undefined, keysByLength: [] }
  const { '': own, '}': end, ...members } = written
  const plans = Object.entries(members).map(([key, plan]) => [key, pickPlan(plan)] as const)
  const plan = planOf(new Map(plans), typeof own === 'string' ? own : undefined)
  return typeof end === 'string' ? { ...plan, endAs: end } : plan
}

/** Creates a plan from those of its keys. */
export function planOf(keys: ReadonlyMap<string, PickPlan>, as?: string): PickPlan {
  const keysByLength: KeyPlan[][] = []
  for (const [key, plan] of keys) (keysByLength[key.length] ??= []).push({ bytes: Buffer.from(key), plan })
  return { as, keys, keysByLength }
}

/** A value that was picked; `null` is not reported. */
export type PickedValue = string | number | boolean

const outside = 0
const inKey = 1
const inText = 2
const inSkippedText = 3
const inScalar = 4

/** Deepest container that may hold a wanted value. */
const maxDepth = 16

/** Longest key or value that is reported; the rest of a longer one is cut. */
const maxTextLength = 512

/** Bytes of a text that are read one by one before its end is searched. */
const maxStepwiseBytes = 64

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
const colon = 0x3a

/** 1 for the bytes that matter inside a container that holds nothing wanted. */
const isStructural = new Uint8Array(256)
for (const byte of [quote, openBrace, closeBrace, openBracket, closeBracket]) isStructural[byte] = 1

/**
 * Reads JSON that arrives in pieces of any size and reports a few values of it, without keeping the text. Memory does not grow with
 * the document. Malformed input never throws; it yields fewer values. Documents may follow each other.
 */
export class JsonPicker {
  readonly #root: PickPlan
  readonly #onValue: (name: string, value: PickedValue) => void
  readonly #isWanted: (name: string) => boolean
  /** The plan of each open container that may hold a wanted value, outermost first. */
  readonly #plans: PickPlan[] = []
  readonly #areObjects: boolean[] = []
  #depth = 0
  /** Open containers that hold nothing wanted. */
  #ignored = 0
  #mode = outside
  /** Plan of the value that comes next. */
  #next: PickPlan | undefined
  #expectsKey = false
  /** The part of a key or value that arrived in earlier pieces. */
  #text = ''
  #hasEscape = false
  #endsWithBackslash = false

  /** Values for whose name `isWanted` answers false are skipped, which is faster than reporting them. */
  constructor(
    plan: PickPlan,
    onValue: (name: string, value: PickedValue) => void,
    isWanted: (name: string) => boolean = () => true,
  ) {
    this.#root = plan
    this.#onValue = onValue
    this.#isWanted = isWanted
    this.#next = plan
  }

  /** Whether the input is not inside a document. */
  get isBetweenDocuments(): boolean {
    return this.#depth === 0 && this.#ignored === 0 && this.#mode === outside
  }

  /** Forgets an incomplete document, so that another one can begin. */
  reset(): void {
    this.#depth = 0
    this.#ignored = 0
    this.#mode = outside
    this.#next = this.#root
    this.#expectsKey = false
    this.#text = ''
    this.#endsWithBackslash = false
  }

  /** Reads the bytes from `from` up to `to`, which is excluded. */
  write(bytes: Buffer, from = 0, to: number = bytes.length): void {
    let at = from
    while (at < to) {
      const mode = this.#mode
      if (mode === outside) at = this.#ignored > 0 ? this.#skip(bytes, at, to) : this.#readOutside(bytes, at, to)
      else if (mode === inSkippedText) at = this.#skipText(bytes, at, to)
      else if (mode === inScalar) at = this.#readScalar(bytes, at, to)
      else at = this.#readText(bytes, at, to)
    }
  }

  /** Reports a number that ends with the document. */
  end(): void {
    if (this.#mode === inScalar) this.#endScalar()
  }

  #readOutside(bytes: Buffer, from: number, to: number): number {
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at]!
      switch (byte) {
        case quote:
          this.#beginText()
          return at + 1
        case openBrace:
        case openBracket:
          if (this.#open(byte === openBrace)) break
          return at + 1
        case closeBrace:
        case closeBracket:
          this.#close()
          break
        case comma:
          this.#expectsKey = this.#depth > 0 && this.#areObjects[this.#depth - 1] === true
          this.#next = this.#expectsKey ? undefined : this.#depth > 0 ? this.#plans[this.#depth - 1] : this.#root
          break
        case colon:
          break
        default:
          // What ends a scalar must not begin one: white space, and control characters of malformed JSON
          if (byte > 0x20 && this.#next !== undefined && this.#next.as !== undefined && !this.#expectsKey) {
            this.#mode = inScalar
            this.#text = ''
            return at
          }
      }
    }
    return to
  }

  #beginText(): void {
    this.#text = ''
    this.#hasEscape = false
    if (this.#expectsKey) this.#mode = inKey
    else this.#mode = this.#next?.as === undefined || !this.#isWanted(this.#next.as) ? inSkippedText : inText
  }

  /** Opens a container; returns whether it may hold wanted values. */
  #open(isObject: boolean): boolean {
    const plan = this.#next
    if (plan === undefined || plan.keys === undefined || this.#depth === maxDepth) {
      this.#ignored = 1
      return false
    }
    this.#plans[this.#depth] = plan
    this.#areObjects[this.#depth] = isObject
    this.#depth += 1
    this.#expectsKey = isObject
    if (isObject) this.#next = undefined
    return true
  }

  #close(): void {
    if (this.#depth > 0) {
      this.#depth -= 1
      const { endAs } = this.#plans[this.#depth]!
      if (endAs !== undefined && this.#areObjects[this.#depth]) this.#onValue(endAs, true)
    }
    this.#expectsKey = false
    this.#next = this.#depth === 0 ? this.#root : undefined
  }

  /** Reads a container that holds nothing wanted. */
  #skip(bytes: Buffer, from: number, to: number): number {
    let open = this.#ignored
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at]!
      if (isStructural[byte] === 0) continue
      if (byte === quote) {
        this.#ignored = open
        this.#mode = inSkippedText
        return at + 1
      }
      if (byte === openBrace || byte === openBracket) open += 1
      else {
        open -= 1
        if (open === 0) {
          this.#ignored = 0
          this.#next = this.#depth === 0 ? this.#root : undefined
          return at + 1
        }
      }
    }
    this.#ignored = open
    return to
  }

  #skipText(bytes: Buffer, from: number, to: number): number {
    let at = this.#afterEscape(from)
    const stepwiseTo = Math.min(to, at + maxStepwiseBytes)
    for (; at < stepwiseTo; at += 1) {
      const byte = bytes[at]!
      if (byte === quote) {
        this.#mode = outside
        return at + 1
      }
      if (byte === backslash) at += 1
    }
    // A long text
    while (at < to) {
      const end = bytes.indexOf(quote, at)
      const limit = end === -1 || end >= to ? to : end
      let backslashes = 0
      while (limit - backslashes > at && bytes[limit - backslashes - 1] === backslash) backslashes += 1
      const isEscaped = backslashes % 2 === 1
      at = limit + 1
      if (limit === to) {
        this.#endsWithBackslash = isEscaped
        return to
      }
      if (isEscaped) continue
      this.#mode = outside
      return at
    }
    this.#endsWithBackslash = at > to
    return to
  }

  #readText(bytes: Buffer, from: number, to: number): number {
    let at = this.#afterEscape(from)
    for (; at < to; at += 1) {
      const byte = bytes[at]!
      if (byte === quote) {
        if (this.#mode === inKey) this.#endKey(bytes, from, at)
        else {
          this.#keepText(bytes, from, at)
          this.#endText()
        }
        return at + 1
      }
      if (byte === backslash) {
        this.#hasEscape = true
        at += 1
      }
    }
    this.#endsWithBackslash = at > to
    this.#keepText(bytes, from, to)
    return to
  }

  /** A backslash at the end of the piece before belongs to the first byte of this one. */
  #afterEscape(from: number): number {
    if (!this.#endsWithBackslash) return from
    this.#endsWithBackslash = false
    return from + 1
  }

  #keepText(bytes: Buffer, from: number, to: number): void {
    const room = maxTextLength - this.#text.length
    if (room > 0 && to > from) this.#text += bytes.toString('latin1', from, Math.min(to, from + room))
  }

  #endKey(bytes: Buffer, from: number, to: number): void {
    this.#mode = outside
    this.#expectsKey = false
    const plan = this.#plans[this.#depth - 1]!
    if (this.#text === '') {
      this.#next = planOfKey(plan, bytes, from, to)
      return
    }
    this.#keepText(bytes, from, to)
    this.#next = plan.keys?.get(this.#text)
  }

  #endText(): void {
    this.#mode = outside
    const name = this.#next?.as
    if (name !== undefined) this.#onValue(name, decoded(this.#text, this.#hasEscape))
  }

  #readScalar(bytes: Buffer, from: number, to: number): number {
    let at = from
    for (; at < to; at += 1) {
      const byte = bytes[at]!
      if (byte === comma || byte === closeBrace || byte === closeBracket || byte <= 0x20) break
    }
    // Most are `null`, and arrive whole
    if (at < to && this.#text === '' && at - from === 4 && bytes[from] === 0x6e) {
      this.#mode = outside
      return at
    }
    this.#keepText(bytes, from, at)
    if (at < to) this.#endScalar()
    return at
  }

  #endScalar(): void {
    this.#mode = outside
    const name = this.#next?.as
    if (name === undefined || this.#text === 'null' || this.#text === '') return
    const value = this.#text === 'true' ? true : this.#text === 'false' ? false : Number(this.#text)
    if (typeof value === 'boolean' || Number.isFinite(value)) this.#onValue(name, value)
  }
}

function planOfKey(plan: PickPlan, bytes: Buffer, from: number, to: number): PickPlan | undefined {
  const candidates = plan.keysByLength[to - from]
  if (candidates === undefined) return undefined
  for (const { bytes: key, plan: found } of candidates) {
    let at = 0
    while (at < key.length && bytes[from + at] === key[at]) at += 1
    if (at === key.length) return found
  }
  return undefined
}

/** The text of a string, whose bytes were read as Latin-1. */
function decoded(raw: string, hasEscape: boolean): string {
  // oxlint-disable-next-line no-control-regex
  const text = /^[\0-\x7f]*$/.test(raw) ? raw : Buffer.from(raw, 'latin1').toString('utf8')
  if (!hasEscape) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}
