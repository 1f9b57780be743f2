import { brotliDecompressSync, constants, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'

import { CapturedBytes } from './captured-bytes.ts'
import { endIteration, endUsage } from './compactions.ts'
import { EventStream } from './event-stream.ts'
import { JsonPicker, type PickedValue, type PickPlan, planOf } from './json-picker.ts'
import type { Protocol } from './protocols.ts'

/** Bytes of a JSON response that are read from its start, and compressed bytes that are kept. */
const maxBytes = 4 * 1024 * 1024
/** Bytes that are kept from the end of a longer response, where most APIs write the usage. */
const maxTailBytes = 64 * 1024
/** Bytes of a response after decompression; a longer one is not read. */
const maxInflatedBytes = 16 * 1024 * 1024
const maxFinishReasons = 16

/** Reads a response while it arrives, JSON or server-sent events, and keeps a few values of it. */
export class ResponseBody {
  readonly #protocol: Protocol
  readonly #encodings: readonly string[]
  readonly #picked: Record<string, PickedValue | undefined> = {}
  readonly #finishReasons: string[] = []
  readonly #picker: JsonPicker
  #events: EventStream | undefined
  #isJson: boolean | undefined
  #length = 0
  #compressed: Buffer[] = []
  #tail: Buffer[] = []
  #tailLength = 0
  #isComplete = false

  /** The body itself, if content is recorded. */
  readonly #captured: CapturedBytes | undefined

  constructor(protocol: Protocol, contentEncoding: string | undefined, isCaptured = false) {
    this.#captured = isCaptured ? new CapturedBytes() : undefined
    this.#protocol = protocol
    this.#encodings = encodingsOf(contentEncoding)
    this.#picker = new JsonPicker(
      protocol.plan,
      (name, value) => this.#keep(name, value),
      (name) => !((name === 'id' || name === 'model') && this.#picked[name] !== undefined),
    )
  }

  /** Takes the next bytes of the body, compressed or not. */
  write(chunk: Buffer): void {
    this.#length += chunk.length
    if (this.#encodings.length === 0) this.#read(chunk)
    else if (this.#length <= maxBytes) this.#compressed.push(chunk)
    else this.#compressed = []
  }

  /** Reads what can only be read at the end: a compressed body, and the tail of a long one. */
  end(): void {
    if (this.#encodings.length > 0 && this.#compressed.length > 0) {
      const inflated = decompress(Buffer.concat(this.#compressed), this.#encodings)
      this.#compressed = []
      if (inflated !== undefined) this.#read(inflated)
    }
    this.#picker.end()
    if (this.#tail.length > 0) this.#readTail()
  }

  /** Returns what a body that has not ended shows so far; later bytes can still be written. */
  soFar(): ResponseBody {
    if (this.#encodings.length === 0) return this
    const copy = new ResponseBody(this.#protocol, this.#encodings.join(','), this.#captured !== undefined)
    for (const chunk of this.#compressed) copy.write(chunk)
    copy.end()
    return copy
  }

  /** The text of the body, if content is recorded. */
  get captured(): string | undefined {
    return this.#captured?.text()
  }

  get picked(): Readonly<Record<string, PickedValue | undefined>> {
    return this.#picked
  }

  get finishReasons(): readonly string[] {
    return this.#finishReasons.filter((reason) => reason !== undefined)
  }

  /** Number of complete events of a stream so far; 0 for JSON, and for a compressed body until it ends. */
  get events(): number {
    return this.#events?.events ?? 0
  }

  /** Whether the protocol's last event arrived, so that an abort afterwards is no failure. */
  get isComplete(): boolean {
    return this.#isComplete || this.#events?.isDone === true
  }

  #read(chunk: Buffer): void {
    this.#captured?.add(chunk)
    const start = this.#isJson === undefined ? this.#recognise(chunk) : 0
    if (start === -1) return
    const bytes = start === 0 ? chunk : chunk.subarray(start)
    if (this.#events) this.#events.write(bytes)
    else if (this.#isJson) this.#readJson(bytes)
  }

  /** Decides by the first character: servers send streams as JSON, and errors as streams. Returns its place, or -1 without one. */
  #recognise(chunk: Buffer): number {
    for (const [at, byte] of chunk.entries()) {
      // White space and the byte order mark
      if (byte <= 0x20 || byte >= 0xbb) continue
      const first = String.fromCharCode(byte)
      this.#isJson = first === '{' || first === '['
      if ('deir:'.includes(first)) this.#events = new EventStream(this.#picker)
      return at
    }
    return -1
  }

  #readJson(chunk: Buffer): void {
    if (this.#length <= maxBytes || this.#encodings.length > 0) {
      this.#picker.write(chunk)
      return
    }
    this.#tail.push(chunk)
    this.#tailLength += chunk.length
    while (this.#tailLength - this.#tail[0]!.length >= maxTailBytes) this.#tailLength -= this.#tail.shift()!.length
  }

  #readTail(): void {
    const tail = Buffer.concat(this.#tail).toString('latin1')
    this.#tail = []
    const { keys } = this.#protocol.plan
    for (const [key, plan] of keys ?? []) {
      if (plan.as === undefined && key !== this.#protocol.usageKey) continue
      // A quote in a text of the document is escaped, so that this is a key
      const last = tail.lastIndexOf(`"${key}"`)
      if (last === -1) continue
      this.#readMember(tail.slice(last), planOf(new Map([[key, plan]])))
    }
  }

  #readMember(text: string, plan: PickPlan): void {
    const picker = new JsonPicker(plan, (name, value) => this.#keep(name, value))
    picker.write(Buffer.from(`{${text}`, 'latin1'))
    picker.end()
  }

  #keep(name: string, value: PickedValue): void {
    const picked = this.#picked
    switch (name) {
      case 'finish':
        this.#keepFinishReason(value, 0)
        return
      case 'choiceEnd':
        // Gemini writes the number of a choice after its reason
        this.#keepFinishReason(picked['choiceFinish'], picked['choice'] ?? 0)
        picked['choiceFinish'] = undefined
        picked['choice'] = undefined
        return
      case 'iterationEnd':
        endIteration(picked)
        return
      case 'usageEnd':
        endUsage(picked)
        return
      case 'id':
      case 'model':
        // Azure begins a stream with empty ones
        if (value !== '') picked[name] ??= value
        return
      case 'type':
        if (typeof value === 'string' && this.#protocol.isLast(value)) this.#isComplete = true
        picked[name] = value
        // That of an earlier event
        picked['eventCode'] = undefined
        return
      case 'error':
        // The text itself may contain a prompt
        if (value !== false && value !== '') picked[name] = true
        return
      case 'input':
      case 'output':
      case 'total':
      case 'toolUse':
      case 'cacheRead':
      case 'cacheWrite':
      case 'reasoning':
        // Counts of a stream only grow; some gateways end with zeros
        if (isCount(value)) picked[name] = Math.max(value, Number(picked[name] ?? 0))
        return
      default:
        picked[name] = value
    }
  }

  #keepFinishReason(value: PickedValue | undefined, choice: PickedValue): void {
    if (typeof value !== 'string' || value === '') return
    const at = typeof choice === 'number' && Number.isInteger(choice) && choice >= 0 ? choice : 0
    if (at < maxFinishReasons) this.#finishReasons[at] = value
  }
}

/** Whether a value can be a number of tokens; another one would make every sum that it is part of useless. */
function isCount(value: PickedValue): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

function encodingsOf(contentEncoding: string | undefined): readonly string[] {
  if (contentEncoding === undefined) return []
  return contentEncoding
    .toLowerCase()
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'identity')
}

/** Undoes the encodings, the last one first; a body that was cut is read up to the cut. Undefined if it is not encoded as announced. */
function decompress(body: Buffer, encodings: readonly string[]): Buffer | undefined {
  let bytes = body
  try {
    for (const encoding of encodings.toReversed()) bytes = decompressOne(bytes, encoding)
    return bytes
  } catch {
    // A server that announces an encoding and sends none
    return body[0] === 0x7b || body[0] === 0x64 || body[0] === 0x65 ? body : undefined
  }
}

function decompressOne(bytes: Buffer, encoding: string): Buffer {
  const limit = { maxOutputLength: maxInflatedBytes }
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(bytes, { ...limit, finishFlush: constants.Z_SYNC_FLUSH })
    case 'deflate':
      return inflateSync(bytes, { ...limit, finishFlush: constants.Z_SYNC_FLUSH })
    case 'br':
      return brotliDecompressSync(bytes, { ...limit, finishFlush: constants.BROTLI_OPERATION_FLUSH })
    case 'zstd':
      return zstdDecompressSync(bytes, { ...limit, finishFlush: constants.ZSTD_e_flush })
    default:
      throw new Error(`unknown content encoding ${encoding}`)
  }
}
