import { isInstance, isObject, propertyOf } from '../unknown-values.ts'
import { isReadable } from './result-kinds.ts'

/** A result whose stream is recognised by the result's shape, whichever version of a library made it. */
export type KnownResult =
  /** Each access to `fullStream` returns a new stream of all parts: `streamText` of the AI SDK, `stream()` of Mastra. */
  | { readonly kind: 'branches'; readonly branch: () => unknown }
  /** Every reader reads this one stream: the body of a Response, `streamObject` of the AI SDK. */
  | { readonly kind: 'readable'; readonly stream: ReadableStream }
  /** The result is read by its iterator: streams and stream helpers of OpenAI and Anthropic. */
  | { readonly kind: 'iterable'; readonly iterable: AsyncIterable<unknown> }
  | { readonly kind: 'agents-run'; readonly run: AgentsRun }
  /** It continues by itself and is not read: `runTools()` of OpenAI. */
  | { readonly kind: 'runner'; readonly runner: Runner }

/** A streamed run of the OpenAI Agents SDK: an iterable that reads a ReadableStream, which `toTextStream()` reads as well. */
export interface AgentsRun extends AsyncIterable<unknown> {
  readonly completed: PromiseLike<unknown>
  toStream(): ReadableStream
}

/** Returns how a result can be watched; undefined if it is of no known kind. Reads nothing from its stream. */
export function knownResult(result: object): KnownResult | undefined {
  if (isResponse(result)) return ofResponse(result)
  if (has(result, 'fullStream')) return ofFullStream(result as { readonly fullStream: unknown })
  // The stub of a remote object has every method, and a call of one is a message
  if (propertyOf(result, 'no method of any library') !== undefined) return undefined
  if (isRunner(result)) return { kind: 'runner', runner: result }
  if (!isIterable(result)) return undefined
  if (isAgentsRun(result)) return { kind: 'agents-run', run: result }
  return isStream(result) || isHelper(result) ? { kind: 'iterable', iterable: result } : undefined
}

/** Returns a stream that another method than `then()` brought: as itself, or as the `data` of OpenAI's and Anthropic's `withResponse()`. */
export function streamIn(value: unknown): object | undefined {
  for (const each of [value, propertyOf(value, 'data')]) if (isObject(each) && knownResult(each) !== undefined) return each
  return undefined
}

/** Returns whether a value is a streamed run of the OpenAI Agents SDK. */
export function isAgentsRun(value: unknown): value is AgentsRun {
  return hasMethods(value, 'toStream', 'toTextStream') && typeof propertyOf(propertyOf(value, 'completed'), 'then') === 'function'
}

/** `chat.completions.runTools()` of OpenAI without `stream`: an emitter that is no iterable. */
export interface Runner {
  done(): PromiseLike<unknown>
  on(event: 'chatCompletion', listener: () => void): unknown
  abort?(): void
}

function isRunner(result: object): result is Runner {
  return hasMethods(result, 'done', 'on', 'off', 'finalChatCompletion') && !isIterable(result)
}

/** `messages.stream()` of Anthropic, `chat.completions.stream()` of OpenAI: iterables that are emitters as well. */
export interface HelperStream extends AsyncIterable<unknown> {
  done(): PromiseLike<unknown>
  on(event: string, listener: (chunk: unknown) => void): unknown
}

/** Returns whether an iterable is a stream helper of OpenAI or Anthropic. */
export function isHelper(iterable: AsyncIterable<unknown>): iterable is HelperStream {
  return hasMethods(iterable, 'done', 'on', 'off')
}

/** The result of the AI SDK's `streamText`, or of Mastra's `stream()`. */
export function isBranching(result: object): result is { readonly fullStream: unknown } {
  // The result of `experimental_streamTextLowMemory` allows a single reader, and has no `text`
  return hasMethods(result, 'consumeStream') && has(result, 'fullStream') && has(result, 'text')
}

function ofFullStream(result: { readonly fullStream: unknown }): KnownResult | undefined {
  if (isBranching(result)) return { kind: 'branches', branch: () => result.fullStream }
  const stream = propertyOf(result, 'baseStream')
  return isReadable(stream) ? { kind: 'readable', stream } : undefined
}

/** Node loads `fetch` when `Response` is first mentioned, so its tag is read before. */
function isResponse(result: object): result is Response {
  return propertyOf(result, Symbol.toStringTag) === 'Response' && isInstance(result, Response)
}

/** A caller may ignore the body of any other Response, whose run would then never end. */
function ofResponse(response: Response): KnownResult | undefined {
  const body = propertyOf(response, 'body')
  if (!isReadable(body)) return undefined
  return isEventStream(response) || isMadeOfStream(body) ? { kind: 'readable', stream: body } : undefined
}

function isEventStream({ headers }: Response): boolean {
  return /^(?:text\/event-stream|application\/(?:x-ndjson|jsonl))\b/i.test(headers.get('content-type') ?? '')
}

/** Node makes streams of bytes for texts and received bodies; `pipeThrough()`, with which streams are formatted, makes plain ones. */
function isMadeOfStream(body: ReadableStream): boolean {
  try {
    body.getReader({ mode: 'byob' }).releaseLock()
    return false
  } catch {
    return true
  }
}

/** `Stream` of OpenAI or Anthropic, which ends without an error when its `controller` is aborted. */
export function isStream(iterable: AsyncIterable<unknown>): iterable is AsyncIterable<unknown> & { readonly controller: object } {
  return hasMethods(iterable, 'tee', 'toReadableStream', 'iterator') && typeof propertyOf(iterable, 'controller') === 'object'
}

/** Returns whether `for await` can read a value, without calling anything of it. */
export function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof propertyOf(value, Symbol.asyncIterator) === 'function'
}

function hasMethods(value: unknown, ...methods: string[]): boolean {
  return methods.every((method) => typeof propertyOf(value, method) === 'function')
}

function has(value: object, key: string): boolean {
  try {
    return key in value
  } catch {
    return false
  }
}
