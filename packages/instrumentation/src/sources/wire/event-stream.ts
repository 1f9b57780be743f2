import type { JsonPicker } from './json-picker.ts'

const lineStart = 0
const inPayload = 1
const inIgnoredLine = 2

const newLine = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const openBracket = 0x5b
const dataField = Buffer.from('data:')

/**
 * Passes the `data:` lines of server-sent events to a picker, from pieces of any size. Each line is taken to be one JSON document,
 * or, if it is incomplete, the beginning of one that the next `data:` line continues.
 */
export class EventStream {
  readonly #picker: JsonPicker
  #state = lineStart
  #matched = 0
  #isPayloadEmpty = true
  /** Number of complete events so far, without the end marker. */
  events = 0
  /** Whether the end marker `data: [DONE]` arrived. */
  isDone = false

  constructor(picker: JsonPicker) {
    this.#picker = picker
  }

  write(bytes: Buffer): void {
    const to = bytes.length
    let at = 0
    while (at < to) {
      if (this.#state === lineStart) {
        at = this.#readLineStart(bytes, at)
        continue
      }
      const found = bytes.indexOf(newLine, at)
      const end = found === -1 ? to : found
      if (this.#state === inPayload) this.#readPayload(bytes, at, end)
      if (found !== -1) {
        if (this.#state === inPayload) this.#endPayload()
        this.#state = lineStart
        this.#matched = 0
      }
      at = end + 1
    }
  }

  #readLineStart(bytes: Buffer, at: number): number {
    const byte = bytes[at]!
    if (byte === dataField[this.#matched]) {
      this.#matched += 1
      if (this.#matched === dataField.length) {
        this.#state = inPayload
        this.#isPayloadEmpty = true
      }
      return at + 1
    }
    if (this.#matched === 0 && (byte === newLine || byte === carriageReturn)) {
      // A blank line ends the event
      if (!this.#picker.isBetweenDocuments) this.#picker.reset()
      return at + 1
    }
    this.#state = inIgnoredLine
    return at
  }

  #readPayload(bytes: Buffer, from: number, to: number): void {
    let at = from
    if (this.#isPayloadEmpty) {
      while (at < to && bytes[at] === space) at += 1
      if (at === to) return
      this.#isPayloadEmpty = false
      if (bytes[at] === openBracket && this.#picker.isBetweenDocuments) this.isDone = true
    }
    this.#picker.write(bytes, at, to)
  }

  #endPayload(): void {
    if (!this.#isPayloadEmpty && !this.isDone && this.#picker.isBetweenDocuments) this.events += 1
  }
}
