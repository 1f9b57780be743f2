import { type Fragments, fragmentNames, type RenderedPage } from '../render/fragments.ts'
import { type Connection, EventReaders, type EventReadersOptions } from './event-readers.ts'

/** What is rendered, how often, and for how many. */
export interface LivePageOptions extends Omit<EventReadersOptions, 'onPresence'> {
  readonly render: () => RenderedPage
  /** Milliseconds between two looks; only while somebody listens. @default 1000 */
  readonly tickMs?: number
  /** Milliseconds of silence after which a comment is sent, so that proxies keep the connection. @default 15000 */
  readonly heartbeatMs?: number
  /** The page could not be rendered. */
  readonly onError: (error: unknown) => void
}

/** The page as a stream of events. */
export interface LivePage {
  /** Server-sent events that begin with the whole page; undefined when there are too many readers. */
  join(connection?: Connection): ReadableStream<Uint8Array> | undefined
  readonly readers: number
  close(): void
}

const encoder = new TextEncoder()
const heartbeat = encoder.encode(': here\n\n')

/** Renders once for all readers, and tells them which parts have changed. */
export function livePage({ render, tickMs = 1000, heartbeatMs = 15_000, onError, ...limits }: LivePageOptions): LivePage {
  let timer: NodeJS.Timeout | undefined
  let told: RenderedPage | undefined
  let silentMs = 0
  const readers = new EventReaders({
    ...limits,
    onPresence: (isAnybodyHere) => {
      clearInterval(timer)
      told = undefined
      silentMs = 0
      if (isAnybodyHere) timer = setInterval(tick, tickMs).unref()
    },
  })

  function tick(): void {
    const before = told
    told = attempted() ?? before
    const changed = told && changes(told, before)
    silentMs = changed ? 0 : silentMs + tickMs
    if (told && changed) readers.send(event(told.headline, changed))
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
    told ??= attempted()
    return told ? event(told.headline, told.fragments) : heartbeat
  }

  return {
    join: (connection) => readers.join(first, connection),
    get readers() {
      return readers.size
    },
    close: () => readers.close(),
  }
}

/** The parts that differ; undefined when at most the clock does. */
function changes({ fragments }: RenderedPage, before: RenderedPage | undefined): Partial<Fragments> | undefined {
  const names = fragmentNames.filter((name) => fragments[name] !== before?.fragments[name])
  if (names.every((name) => name === 'clock')) return undefined
  return Object.fromEntries(names.map((name) => [name, fragments[name]]))
}

function event(headline: string, fragments: Partial<Fragments>): Uint8Array {
  // JSON has no line breaks, so it is one `data` line
  return encoder.encode(`retry: 2000\nevent: page\ndata: ${JSON.stringify({ headline, fragments })}\n\n`)
}
