/** Values to pick from JSON. An array is transparent: its elements are picked as if each was the array. */
export interface PickPlan {
  /** Name under which a string, number or boolean at this place is reported. */
  readonly as?: string
  readonly keys?: ReadonlyMap<string, PickPlan>
}

/** Plan as it is written down: a text is the name of a value, an object has the plans of its keys, `''` names the object's own value. */
export interface WrittenPlan {
  readonly [key: string]: string | WrittenPlan
}

/** Converts a written plan, once per process. */
export function pickPlan(written: WrittenPlan): PickPlan {
  const entries = Object.entries(written).filter(([key]) => key !== '')
  const keys = new Map(entries.map(([key, plan]) => [key, typeof plan === 'string' ? { as: plan } : pickPlan(plan)]))
  const own = written['']
  return { keys, ...(typeof own === 'string' && { as: own }) }
}

/** A value that was picked; `null` is not reported. */
export type PickedValue = string | number | boolean

const outside = 0
const inKey = 1
const inText = 2
const inSkippedText = 3
const inScalar = 4

/** Longest key or value that is reported; the rest of a longer one is cut. */
const maxTextLength = 512

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
const colon = 0x3a

/**
 * Reads JSON that arrives in pieces of any size and reports a few values of it, without keeping the text. Memory does not grow with
 * the document. Malformed input never throws; it yields fewer values. Documents may follow each other.
 */
export class JsonPicker {
  readonly #root: PickPlan
  readonly #onValue: (name: string, value: PickedValue) => void
  /** The plan of each open container that may hold a wanted value, outermost first. */
  readonly #plans: PickPlan[] = []
  readonly #areObjects: boolean[] = []
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

  constructor(plan: PickPlan, onValue: (name: string, value: PickedValue) => void) {
    this.#root = plan
    this.#onValue = onValue
    this.#next = plan
  }

  /** Whether the input is not inside a document. */
  get isBetweenDocuments(): boolean {
    return this.#plans.length === 0 && this.#ignored === 0 && this.#mode === outside
  }

  /** Forgets an incomplete document, so that another one can begin. */
  reset(): void {
    this.#plans.length = 0
    this.#areObjects.length = 0
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
      if (this.#mode === outside) at = this.#ignored > 0 ? this.#skip(bytes, at, to) : this.#readOutside(bytes, at, to)
      else if (this.#mode === inSkippedText) at = this.#skipText(bytes, at, to)
      else if (this.#mode === inScalar) at = this.#readScalar(bytes, at, to)
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
          if (this.#expectsKey) this.#mode = inKey
          else this.#mode = this.#next?.as === undefined ? inSkippedText : inText
          this.#text = ''
          this.#hasEscape = false
          return at + 1
        case openBrace:
        case openBracket:
          if (this.#next?.keys === undefined) {
            this.#ignored = 1
            return at + 1
          }
          this.#plans.push(this.#next)
          this.#areObjects.push(byte === openBrace)
          this.#expectsKey = byte === openBrace
          if (byte === openBrace) this.#next = undefined
          break
        case closeBrace:
        case closeBracket:
          this.#plans.pop()
          this.#areObjects.pop()
          this.#expectsKey = false
          this.#next = this.#plans.length === 0 ? this.#root : undefined
          break
        case comma: {
          const isInObject = this.#areObjects.at(-1) === true
          this.#expectsKey = isInObject
          this.#next = isInObject ? undefined : (this.#plans.at(-1) ?? this.#root)
          break
        }
        case colon:
        case 0x20:
        case 0x09:
        case 0x0a:
        case 0x0d:
          break
        default:
          if (this.#next?.as !== undefined && !this.#expectsKey) {
            this.#mode = inScalar
            this.#text = ''
            return at
          }
      }
    }
    return to
  }

  /** Reads a container that holds nothing wanted. */
  #skip(bytes: Buffer, from: number, to: number): number {
    let open = this.#ignored
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at]!
      if (byte === quote) {
        this.#ignored = open
        this.#mode = inSkippedText
        return at + 1
      }
      // `{` and `[`, and `}` and `]`, differ in one bit
      const bracket = byte | 0x20
      if (bracket === openBrace) open += 1
      else if (bracket === closeBrace) {
        open -= 1
        if (open === 0) {
          this.#ignored = 0
          this.#next = this.#plans.length === 0 ? this.#root : undefined
          return at + 1
        }
      }
    }
    this.#ignored = open
    return to
  }

  #skipText(bytes: Buffer, from: number, to: number): number {
    let at = this.#afterEscape(from)
    for (; at < to; at += 1) {
      const byte = bytes[at]!
      if (byte === quote) {
        this.#mode = outside
        return at + 1
      }
      if (byte === backslash) at += 1
    }
    this.#endsWithBackslash = at > to
    return to
  }

  #readText(bytes: Buffer, from: number, to: number): number {
    let at = this.#afterEscape(from)
    for (; at < to; at += 1) {
      const byte = bytes[at]!
      if (byte === quote) {
        this.#keepText(bytes, from, at)
        this.#endText()
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

  #endText(): void {
    if (this.#mode === inKey) {
      this.#expectsKey = false
      this.#next = this.#plans.at(-1)?.keys?.get(this.#text)
    } else {
      const name = this.#next?.as
      if (name !== undefined) this.#onValue(name, decoded(this.#text, this.#hasEscape))
    }
    this.#mode = outside
  }

  #readScalar(bytes: Buffer, from: number, to: number): number {
    let at = from
    for (; at < to; at += 1) {
      const byte = bytes[at]!
      if (byte === comma || byte === closeBrace || byte === closeBracket || byte <= 0x20) break
    }
    this.#keepText(bytes, from, at)
    if (at < to) this.#endScalar()
    return at
  }

  #endScalar(): void {
    this.#mode = outside
    const name = this.#next?.as
    if (name === undefined || this.#text === 'null') return
    const value = this.#text === 'true' ? true : this.#text === 'false' ? false : Number(this.#text)
    if (typeof value === 'boolean' || Number.isFinite(value)) this.#onValue(name, value)
  }
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
