import { crc32 } from 'node:zlib'

import { CapturedBytes } from './captured-bytes.ts'
import { JsonPicker, type PickedValue } from './json-picker.ts'
import { requestPlan } from './protocols.ts'

/** Bytes of a request that are read for its model; later ones are only hashed. */
const maxReadBytes = 4 * 1024 * 1024

/** Reads what a request asks for while it is sent, and hashes it, without keeping it. */
export class RequestBody {
  readonly #picker: JsonPicker
  /** The hashed address, and the length that the request announces. */
  readonly #head: string
  #hash = 0
  #length = 0
  readonly #picked: Record<string, PickedValue | undefined> = {}

  /** The body itself, if content is recorded. */
  readonly #captured: CapturedBytes | undefined

  constructor(address: string, announcedLength: unknown, isCaptured = false) {
    this.#captured = isCaptured ? new CapturedBytes() : undefined
    this.#head = `${crc32(address).toString(16)}-${typeof announcedLength === 'number' ? announcedLength : ''}-`
    this.#picker = new JsonPicker(requestPlan, (name, value) => {
      this.#picked[name] ??= value
    })
  }

  write(chunk: Buffer): void {
    this.#captured?.add(chunk)
    this.#hash = crc32(chunk, this.#hash)
    if (this.#length < maxReadBytes) this.#picker.write(chunk)
    this.#length += chunk.length
  }

  /** The text of the body, if content is recorded. */
  get captured(): string | undefined {
    return this.#captured?.text()
  }

  get model(): string | undefined {
    return this.#text('model')
  }

  get isStream(): boolean {
    return this.#picked['stream'] === true
  }

  get conversationId(): string | undefined {
    return this.#text('conversation')
  }

  /** Whether a complete body asks for no model, so that the address belongs to another API. */
  get asksForNoModel(): boolean {
    return this.#length > 0 && this.#length < maxReadBytes && this.#picker.isBetweenDocuments && this.model === undefined
  }

  /** Equal for requests with the same address and body; the beginning of it for one that failed before its body was sent. */
  get fingerprint(): string {
    return this.#length === 0 ? this.#head : `${this.#head}${this.#hash.toString(16)}-${this.#length}`
  }

  #text(name: string): string | undefined {
    const value = this.#picked[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
}
