/** A connection that can be cut; Node's `ServerResponse` is one. */
export interface Connection {
  destroy(): unknown
}

/** How many may listen, and how far they may fall behind. */
export interface EventReadersOptions {
  /** @default 50 */
  readonly maxReaders?: number
  /** A reader with more than this waiting for it is dropped. @default 1 MiB */
  readonly maxWaitingBytes?: number
  /** Called when the first reader has come, and when the last one has gone. */
  readonly onPresence: (isAnybodyHere: boolean) => void
}

interface Reader {
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  readonly connection: Connection | undefined
}

/** Those who listen to server-sent events. One that does not read is dropped, so that it costs at most `maxWaitingBytes`. */
export class EventReaders {
  readonly #readers = new Set<Reader>()
  readonly #maxReaders: number
  readonly #maxWaitingBytes: number
  readonly #onPresence: (isAnybodyHere: boolean) => void

  constructor({ maxReaders = 50, maxWaitingBytes = 2 ** 20, onPresence }: EventReadersOptions) {
    this.#maxReaders = maxReaders
    this.#maxWaitingBytes = maxWaitingBytes
    this.#onPresence = onPresence
  }

  get size(): number {
    return this.#readers.size
  }

  /** A stream that begins with `first()`; undefined when there are too many. `connection` is cut when the reader is dropped. */
  join(first: () => Uint8Array, connection?: Connection): ReadableStream<Uint8Array> | undefined {
    if (this.#readers.size >= this.#maxReaders) return undefined
    let reader: Reader | undefined
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          reader = { controller, connection }
          this.#readers.add(reader)
          if (this.#readers.size === 1) this.#onPresence(true)
          controller.enqueue(first())
        },
        cancel: () => this.#forget(reader),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: this.#maxWaitingBytes }),
    )
  }

  /** Gives the same bytes to all. */
  send(bytes: Uint8Array): void {
    for (const reader of this.#readers) {
      if ((reader.controller.desiredSize ?? 0) < bytes.byteLength) this.#drop(reader)
      else reader.controller.enqueue(bytes)
    }
  }

  close(): void {
    for (const reader of this.#readers) this.#drop(reader)
  }

  #drop(reader: Reader): void {
    this.#forget(reader)
    // The server cancels the stream when its connection ends; an error in the stream it would print on the console
    if (reader.connection) reader.connection.destroy()
    else reader.controller.error(new Error('dropped: the reader did not keep up, or the page was closed'))
  }

  #forget(reader: Reader | undefined): void {
    if (reader && this.#readers.delete(reader) && this.#readers.size === 0) this.#onPresence(false)
  }
}
