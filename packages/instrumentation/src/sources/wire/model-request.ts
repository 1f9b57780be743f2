import { serverOf } from './model-server.ts'
import type { Protocol } from './protocols.ts'
import { anthropicMessages, gemini, openAiChat, openAiEmbeddings, openAiResponses } from './protocols.ts'

/** The part of an undici request that decides whether it calls a model. */
export interface SentRequest {
  readonly method: string
  readonly path: string
  readonly origin: string | URL
  readonly headers: unknown
}

/** Facts about a model call that are in the address of its request. */
export interface ModelRequest {
  readonly protocol: Protocol
  /** `gen_ai.operation.name`. */
  readonly operation: string
  /** `gen_ai.provider.name`. */
  readonly provider: string
  readonly serverAddress: string | undefined
  readonly serverPort: number | undefined
  /** The model, where the path contains it. */
  readonly model: string | undefined
  /** Whether the path asks for a stream. */
  readonly isStream: boolean
  /** Whether other APIs have the same path, so that a body without a model belongs to one of them. */
  readonly isUncertain: boolean
  /** The id of the OpenAI response that is polled. */
  readonly polledId: string | undefined
}

interface Route {
  readonly protocol: Protocol
  readonly operation: string
  readonly isStream?: boolean
  readonly isUncertain?: boolean
  /** Decides for paths that other APIs have as well. */
  readonly isMeant?: (request: SentRequest, end: number) => boolean
}

const chat: Route = { protocol: openAiChat, operation: 'chat' }
const completion: Route = { protocol: openAiChat, operation: 'text_completion', isUncertain: true, isMeant: isJson }
const responses: Route = { protocol: openAiResponses, operation: 'chat', isUncertain: true, isMeant: isOpenAiPath }
const embeddings: Route = { protocol: openAiEmbeddings, operation: 'embeddings', isUncertain: true, isMeant: isJson }
const messages: Route = { protocol: anthropicMessages, operation: 'chat', isMeant: isAnthropic }
const vertexMessages: Route = { protocol: anthropicMessages, operation: 'chat', isMeant: isAnthropicOnVertex }
const geminiContent: Route = { protocol: gemini, operation: 'generate_content' }
const geminiStream: Route = { protocol: gemini, operation: 'generate_content', isStream: true }
const geminiEmbedding: Route = { protocol: gemini, operation: 'embeddings' }

/** Ends of paths by their last letter: nearly every unrelated request is rejected by one comparison. */
const routesByLastLetter: ReadonlyMap<number, readonly (readonly [ending: string, route: Route])[]> = new Map([
  [
    's'.charCodeAt(0),
    [
      ['/chat/completions', chat],
      ['/messages', messages],
      ['/responses', responses],
      ['/embeddings', embeddings],
      ['/completions', completion],
      [':batchEmbedContents', geminiEmbedding],
    ],
  ],
  [
    't'.charCodeAt(0),
    [
      [':generateContent', geminiContent],
      [':streamGenerateContent', geminiStream],
      [':embedContent', geminiEmbedding],
      [':rawPredict', vertexMessages],
      [':streamRawPredict', { ...vertexMessages, isStream: true }],
    ],
  ],
])

const pollMarker = '/responses/resp_'

/** Reads the address of a request; `undefined` for every other request, within a microsecond. */
export function modelRequest(request: SentRequest, providers: Readonly<Record<string, string>> = {}): ModelRequest | undefined {
  const { method, path } = request
  if (method === 'GET') return path.includes(pollMarker) ? polledResponse(request, providers) : undefined
  if (method !== 'POST') return undefined
  const query = path.indexOf('?')
  const end = query === -1 ? path.length : query
  const routes = routesByLastLetter.get(path.charCodeAt(end - 1))
  if (routes === undefined) return undefined
  for (const [ending, route] of routes) {
    if (!path.endsWith(ending, end)) continue
    if (route.isMeant?.(request, end) === false) return undefined
    const model = modelInPath(path, end, ending)
    return {
      ...serverOf(request.origin, path, providers),
      ...factsOf(route),
      // The body of a request to a deployment of Azure may leave out the model
      isUncertain: route.isUncertain === true && model === undefined,
      model,
      polledId: undefined,
    }
  }
  return undefined
}

/** The properties of a route that a call has. */
function factsOf({
  protocol,
  operation,
  isStream = false,
  isUncertain = false,
}: Route): Omit<Route, 'isMeant'> & { isStream: boolean; isUncertain: boolean } {
  return { protocol, operation, isStream, isUncertain }
}

function polledResponse(request: SentRequest, providers: Readonly<Record<string, string>>): ModelRequest | undefined {
  const { path } = request
  const start = path.indexOf(pollMarker) + '/responses/'.length
  const polledId = /^[\w-]+/.exec(path.slice(start, start + 200))?.[0]
  const rest = path.slice(start + (polledId?.length ?? 0))
  if (polledId === undefined || (rest !== '' && !rest.startsWith('?'))) return undefined
  const isStream = rest.includes('stream=true')
  return { ...serverOf(request.origin, path, providers), ...factsOf(responses), isStream, model: undefined, polledId }
}

/** `/models/NAME:method` of Google, `/deployments/NAME/...` of Azure. */
function modelInPath(path: string, end: number, ending: string): string | undefined {
  const method = end - ending.length
  const [from, to] = ending[0] === ':' ? [path.lastIndexOf('/', method) + 1, method] : betweenSlashes(path, '/deployments/')
  if (from <= 0 || to <= from || to - from > 200) return undefined
  const name = path.slice(from, to)
  try {
    return name.includes('%') ? decodeURIComponent(name) : name
  } catch {
    return name
  }
}

function betweenSlashes(path: string, before: string): readonly [from: number, to: number] {
  const start = path.indexOf(before)
  if (start === -1) return [0, 0]
  const from = start + before.length
  return [from, path.indexOf('/', from)]
}

/** A survey has `/responses` as well. */
function isOpenAiPath(request: SentRequest, end: number): boolean {
  const { path } = request
  const isMeant = path.endsWith('/v1/responses', end) || path.includes('openai') || hostOf(request).includes('openai')
  return (isMeant || isOpenAiClient(request)) && isJson(request)
}

/** The client of OpenAI, or one for its API, whose gateway has paths of its own. */
function isOpenAiClient({ headers }: SentRequest): boolean {
  return header(headers, 'x-stainless-lang') !== undefined || /openai/i.test(header(headers, 'user-agent') ?? '')
}

/** Chats have `/messages` as well; the API of Anthropic rejects a request without this header. */
function isAnthropic(request: SentRequest): boolean {
  return header(request.headers, 'anthropic-version') !== undefined
}

function isAnthropicOnVertex({ path }: SentRequest): boolean {
  return path.includes('/publishers/anthropic/') && !path.includes('/models/count-tokens:')
}

function isJson(request: SentRequest): boolean {
  return header(request.headers, 'content-type')?.startsWith('application/json') === true
}

function hostOf({ origin }: SentRequest): string {
  return typeof origin === 'string' ? origin : origin.host
}

/** Returns the value of a header of an undici request or response; names and values are texts or bytes, in turn. */
export function header(headers: unknown, name: string): string | undefined {
  if (!Array.isArray(headers)) return headerOfRecord(headers, name)
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const key: unknown = headers[at]
    if ((key as { length?: unknown }).length !== name.length) continue
    if (String(key).toLowerCase() === name) return String(headers[at + 1])
  }
  return undefined
}

function headerOfRecord(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  const value = (headers as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : undefined
}
