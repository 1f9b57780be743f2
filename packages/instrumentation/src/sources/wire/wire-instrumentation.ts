import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import { InstrumentationBase } from '@opentelemetry/instrumentation'

import { trip } from '@swarmwatch/sdk/instrumentation'

import type { Source, SourceConfig } from '../source.ts'
import { ModelCall } from './model-call.ts'
import { header, modelRequest, type SentRequest } from './model-request.ts'
import { propagate, type HeaderTarget } from './trace-context.ts'

/** Options of {@link WireInstrumentation}. */
export interface WireConfig extends SourceConfig {
  /**
   * Providers of servers that only you know, such as a gateway: `host` or `host:port` to a value of `gen_ai.provider.name`. The models
   * of an unknown server are those of no provider, and have no price.
   */
  readonly providers?: Readonly<Record<string, string>>
}

/** Calls in progress by their request; process-wide, so that two instrumentations do not observe one request twice. */
const callsKey = Symbol.for('@swarmwatch/instrumentation/wire-calls/1')
const globals = globalThis as { [callsKey]?: WeakMap<object, ModelCall> }

/**
 * Reports the model calls that `fetch` and undici send, whatever client makes them, through Node's diagnostics channels. Requests and
 * responses pass unchanged, except for the header `traceparent`. It needs Node 24.4 or newer.
 */
export class WireInstrumentation extends InstrumentationBase<WireConfig> implements Source {
  // The base class calls enable() before fields have their initial values
  declare private subscriptions: readonly (readonly [channel: string, listener: (message: unknown) => void])[] | undefined

  constructor(config: WireConfig = {}) {
    super('@swarmwatch/instrumentation/wire', '0.1.0', config)
  }

  protected override init(): void {}

  override enable(): void {
    super.enable()
    if (this.subscriptions || !hasChunkChannels()) return
    this.subscriptions = subscriptionsFor(() => this.getConfig().providers)
    for (const [channel, listener] of this.subscriptions) subscribe(channel, listener)
  }

  override disable(): void {
    super.disable()
    for (const [channel, listener] of this.subscriptions ?? []) unsubscribe(channel, listener)
    this.subscriptions = undefined
  }

  found(): string | undefined {
    return hasChunkChannels() ? 'wire' : `no wire (it needs Node 24.4, this is ${process.version})`
  }

  /** Whether a request, as the channel `undici:request:create` publishes it, is one that this source reports. */
  isModelRequest(request: SentRequest): boolean {
    return this.subscriptions !== undefined && modelRequest(request, this.getConfig().providers) !== undefined
  }
}

/** Whether this Node publishes the bytes of responses; without them a call would have no usage. */
export function hasChunkChannels(): boolean {
  const [major = 0, minor = 0] = (process.versions['undici'] ?? '').split('.').map(Number)
  return major > 7 || (major === 7 && minor >= 11)
}

interface UndiciRequest extends SentRequest, HeaderTarget {
  readonly headers: unknown
  readonly body?: unknown
}

function subscriptionsFor(
  providers: () => WireConfig['providers'],
): readonly (readonly [channel: string, listener: (message: unknown) => void])[] {
  const calls = (globals[callsKey] ??= new WeakMap())

  const begin = ({ request }: { request: UndiciRequest }): void => {
    const found = modelRequest(request, providers())
    if (found === undefined || calls.has(request)) return
    const address = `${String(request.origin)}${request.path}`
    const body = Buffer.isBuffer(request.body) ? request.body : undefined
    const call = new ModelCall(found, address, body)
    calls.set(request, call)
    propagate(call.context, request)
  }

  const guarded =
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
    guarded<Message>((message) => {
      const call = calls.get(message.request)
      if (call !== undefined) pass(call, message)
    })

  return [
    ['undici:request:create', guarded(begin)],
    ['undici:request:bodyChunkSent', observed<ChunkMessage>((call, { chunk }) => call.bytesSent(bytesOf(chunk)))],
    [
      'undici:request:headers',
      observed<HeadersMessage>((call, { response: { statusCode, headers } }) =>
        call.headersReceived(statusCode, header(headers, 'content-encoding'), header(headers, 'x-litellm-response-cost')),
      ),
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
