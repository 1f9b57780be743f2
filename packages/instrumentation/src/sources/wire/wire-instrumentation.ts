import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import { InstrumentationBase } from '@opentelemetry/instrumentation'

import { guarded, isContentCaptured, trip } from '@swarmwatch/sdk/instrumentation'

import { installedVersion } from '../installed-package.ts'
import { type Source, type SourceConfig, sourceVersion } from '../source.ts'
import { isPending } from './background-responses.ts'
import { ModelCall } from './model-call.ts'
import { header, modelRequest, type SentRequest } from './model-request.ts'
import { RequestBody } from './request-body.ts'
import { propagate, type HeaderTarget } from './trace-context.ts'
import { contextOfRetry } from './undici-retries.ts'

/** Options of {@link WireInstrumentation}. */
export interface WireConfig extends SourceConfig {
  /**
   * Providers of servers that only you know, such as a gateway: `host` or `host:port` to a value of `gen_ai.provider.name`. The models
   * of an unknown server are those of no provider, and have no price.
   * @default none
   */
  readonly providers?: Readonly<Record<string, string>>
}

/** Packages whose model calls only this source sees; those of other clients are seen, too. */
const knownClients = ['openai', '@anthropic-ai/sdk', '@google/genai', '@mastra/core']

type Subscription = readonly [channel: string, listener: (message: unknown) => void]

/** Requests that an instrumentation observes; process-wide, so that two of them do not observe one request twice. */
const observedKey = Symbol.for('@swarmwatch/instrumentation/wire-requests/1')
const globals = globalThis as { [observedKey]?: WeakSet<object> }

/**
 * Reports the model calls that `fetch` and undici send, whatever client makes them, through Node's diagnostics channels. Requests and
 * responses pass unchanged, except for the header `traceparent`. It needs Node 24.4 or newer.
 */
export class WireInstrumentation extends InstrumentationBase<WireConfig> implements Source {
  // The base class calls enable() before fields have their initial values
  declare private subscriptions: readonly Subscription[] | undefined

  constructor(config: WireConfig = {}) {
    super('@swarmwatch/instrumentation/wire', sourceVersion, config)
  }

  protected override init(): void {}

  override enable(): void {
    super.enable()
    if (this.subscriptions) return
    const providers = (): WireConfig['providers'] => this.getConfig().providers
    this.subscriptions = hasChunkChannels() ? subscriptionsFor(providers) : [warnOfOldNode(providers, this.getConfig().warn)]
    for (const [channel, listener] of this.subscriptions) subscribe(channel, listener)
  }

  override disable(): void {
    super.disable()
    for (const [channel, listener] of this.subscriptions ?? []) unsubscribe(channel, listener)
    this.subscriptions = undefined
  }

  found(): string | undefined {
    return hasChunkChannels() ? 'wire' : `wire (off, because it needs Node 24.4; this is ${process.version})`
  }

  /** Returns name and version of each installed client whose calls only this source sees, such as `openai 7.59.0`. */
  clients(): string[] {
    if (!hasChunkChannels()) return []
    return knownClients.flatMap((name) => {
      const version = installedVersion(name)
      return version === undefined ? [] : [`${name} ${version}`]
    })
  }

  /** Whether a request, as the channel `undici:request:create` publishes it, is one that this source reports. */
  isModelRequest(request: SentRequest): boolean {
    const found = this.subscriptions && hasChunkChannels() ? modelRequest(request, this.getConfig().providers) : undefined
    // A poll has no span of its own
    return found !== undefined && found.polledId === undefined
  }
}

/** Whether this Node publishes the bytes of responses; without them a call would have no usage. */
export function hasChunkChannels(): boolean {
  const [major = 0, minor = 0] = (process.versions['undici'] ?? '').split('.').map(Number)
  return major > 7 || (major === 7 && minor >= 11)
}

/** Warns at the first model request that the wire does not report. */
function warnOfOldNode(
  providers: () => WireConfig['providers'],
  // oxlint-disable-next-line no-console
  warn: (line: string) => void = console.warn,
): Subscription {
  let isDone = false
  const listener = (message: unknown): void => {
    if (
      isDone ||
      guarded('framework', () => modelRequest((message as { request: UndiciRequest }).request, providers())) === undefined
    )
      return
    isDone = true
    guarded('framework', () =>
      warn(
        `model calls are not read from HTTP on Node ${process.version}; it needs 24.4 or newer, and only frameworks are observed`,
      ),
    )
  }
  return ['undici:request:create', listener]
}

interface UndiciRequest extends SentRequest, HeaderTarget {
  readonly headers: unknown
  readonly body?: unknown
  /** From the header `content-length`, which `headers` leaves out. */
  readonly contentLength?: unknown
}

function subscriptionsFor(providers: () => WireConfig['providers']): readonly Subscription[] {
  const isObserved = (globals[observedKey] ??= new WeakSet())
  // Only the instrumentation that reports a call reads its bytes: read by two, they would be there twice
  const calls = new WeakMap<object, ModelCall>()

  const begin = ({ request }: { request: UndiciRequest }): void => {
    const found = modelRequest(request, providers())
    if (found === undefined || isObserved.has(request)) return
    if (found.polledId !== undefined && !isPending(found.polledId)) return
    const body = new RequestBody(`${String(request.origin)}${request.path}`, request.contentLength, isContentCaptured())
    const isBodyKnown = Buffer.isBuffer(request.body)
    if (isBodyKnown) body.write(request.body as Buffer)
    if (found.isUncertain && body.asksForNoModel) return
    const sent = { request: found, body, isBodyKnown, client: header(request.headers, 'user-agent') }
    const inContext = isBodyKnown ? contextOfRetry(body.fingerprint) : undefined
    const call = inContext ? inContext(() => new ModelCall(sent)) : new ModelCall(sent)
    isObserved.add(request)
    calls.set(request, call)
    if (call.context) propagate(call.context, request)
  }

  const tripping =
    <Message>(handle: (message: Message) => void) =>
    (message: unknown): void => {
      try {
        handle(message as Message)
      } catch (error) {
        // The request continues: what a subscriber throws would end the process
        trip('framework', error)
      }
    }

  /** Passes a message to the call of its request; a request that is not observed costs this look-up only. */
  const observed = <Message extends { request: object }>(pass: (call: ModelCall, message: Message) => void) =>
    tripping<Message>((message) => {
      const call = calls.get(message.request)
      if (call !== undefined) pass(call, message)
    })

  return [
    ['undici:request:create', tripping(begin)],
    ['undici:request:bodyChunkSent', observed<ChunkMessage>((call, { chunk }) => call.bytesSent(bytesOf(chunk)))],
    [
      'undici:request:headers',
      observed<HeadersMessage>((call, { response: { statusCode, headers } }) => call.headersReceived(statusCode, headers)),
    ],
    ['undici:request:bodyChunkReceived', observed<ChunkMessage>((call, { chunk }) => call.bytesReceived(bytesOf(chunk)))],
    ['undici:request:trailers', observed((call) => call.finish())],
    ['undici:request:error', observed<ErrorMessage>((call, { error }) => call.fail(error))],
  ]
}

interface ChunkMessage {
  readonly request: object
  readonly chunk: string | Uint8Array
}

interface HeadersMessage {
  readonly request: object
  readonly response: { readonly statusCode: number; readonly headers: unknown }
}

interface ErrorMessage {
  readonly request: object
  readonly error: unknown
}

function bytesOf(chunk: string | Uint8Array): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
