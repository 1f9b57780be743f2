import { fragmentNames, type Fragments, type RenderedPage } from './page.ts'

/** Options of the live page: its content, interval and limits. */
export interface LivePageOptions extends Omit<EventReadersOptions, 'onPresence'> {
  readonly render: () => RenderedPage
  /** Milliseconds between two renderings, while there is a reader. @default 1000 */
  readonly tickMs?: number
  /**
   * Milliseconds of silence after which a comment is sent, so that proxies keep the connection.
   * @default 15000
   */
  readonly heartbeatMs?: number
  /** Called when the page cannot be rendered. */
  readonly onError: (error: unknown) => void
}

/** The page as a stream of events. */
export interface LivePage {
  /**
   * Server-sent events that begin with the whole page; undefined when there are too many readers.
   */
  join(connection?: Connection): ReadableStream<Uint8Array> | undefined
  readonly readers: number
  close(): void
}

const encoder = new TextEncoder()
const heartbeat = encoder.encode(': here\n\n')

/** Renders once for all readers, and sends them the parts that have changed. */
export function livePage({ render, tickMs = 1000, heartbeatMs = 15_000, onError, ...limits }: LivePageOptions): LivePage {
  let timer: NodeJS.Timeout | undefined
  let sent: RenderedPage | undefined
  let silentMs = 0
  const readers = new EventReaders({
    ...limits,
    onPresence: (hasReaders) => {
      clearInterval(timer)
      sent = undefined
      silentMs = 0
      if (hasReaders) timer = setInterval(tick, tickMs).unref()
    },
  })

  function tick(): void {
    const before = sent
    sent = attempted() ?? before
    const changed = sent && changes(sent, before)
    silentMs = changed ? 0 : silentMs + tickMs
    if (sent && changed) readers.send(event(sent.headline, changed))
    else if (silentMs >= heartbeatMs) {
      silentMs = 0
      readers.send(heartbeat)
    }
  }

  function attempted(): RenderedPage | undefined {
    try {
      return render()
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  function first(): Uint8Array {
    sent ??= attempted()
    return sent ? event(sent.headline, sent.fragments) : heartbeat
  }

  return {
    join: (connection) => readers.join(first, connection),
    get readers() {
      return readers.size
    },
    close: () => readers.close(),
  }
}

/** The parts that differ; undefined when only the clock does. */
function changes({ fragments }: RenderedPage, before: RenderedPage | undefined): Partial<Fragments> | undefined {
  const names = fragmentNames.filter((name) => fragments[name] !== before?.fragments[name])
  if (names.every((name) => name === 'clock')) return undefined
  return Object.fromEntries(names.map((name) => [name, fragments[name]]))
}

function event(headline: string, fragments: Partial<Fragments>): Uint8Array {
  // JSON has no line breaks, so it is one `data` line
  return encoder.encode(`retry: 2000\nevent: page\ndata: ${JSON.stringify({ headline, fragments })}\n\n`)
}

/** A connection that can be cut; Node's `ServerResponse` is one. */
export interface Connection {
  destroy(): unknown
}

/** Limits of the readers. */
interface EventReadersOptions {
  /** @default 50 */
  readonly maxReaders?: number
  /** A reader is dropped when more bytes than this wait for it. @default 1 MiB */
  readonly maxWaitingBytes?: number
  /** Called when the first reader joins, and when the last one leaves. */
  readonly onPresence: (hasReaders: boolean) => void
}

interface Reader {
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  readonly connection: Connection | undefined
}

/**
 * The readers of the server-sent events. A reader that does not read is dropped, so that it costs
 * at most `maxWaitingBytes`.
 */
class EventReaders {
  readonly #readers = new Set<Reader>()
  readonly #maxReaders: number
  readonly #maxWaitingBytes: number
  readonly #onPresence: (hasReaders: boolean) => void

  constructor({ maxReaders = 50, maxWaitingBytes = 2 ** 20, onPresence }: EventReadersOptions) {
    this.#maxReaders = maxReaders
    this.#maxWaitingBytes = maxWaitingBytes
    this.#onPresence = onPresence
  }

  get size(): number {
    return this.#readers.size
  }

  /**
   * A stream that begins with `first()`; undefined when there are too many readers. `connection` is
   * cut when the reader is dropped.
   */
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

  /** Sends the same bytes to all readers. */
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
    // The server cancels the stream when its connection ends; it would print an error of the stream
    // on the console
    if (reader.connection) reader.connection.destroy()
    else reader.controller.error(new Error('dropped: the reader did not keep up, or the page was closed'))
  }

  #forget(reader: Reader | undefined): void {
    if (reader && this.#readers.delete(reader) && this.#readers.size === 0) this.#onPresence(false)
  }
}
