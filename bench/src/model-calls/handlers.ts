import { channel } from 'node:diagnostics_channel'

/** Microseconds of the subscribers of undici's channels alone, which requests and the network would hide. */
export interface HandlerTimes {
  /** All events of a request that calls no model. */
  readonly unrelated: number
  /** All events of a call with one answer, with its span and metrics. */
  readonly json: number
  /** One chunk of a stream. */
  readonly chunk: number
}

const [create, sent, headers, received, trailers] = ['create', 'bodyChunkSent', 'headers', 'bodyChunkReceived', 'trailers'].map(
  (event) => channel(`undici:request:${event}`),
)
const requestBody = Buffer.from(
  JSON.stringify({ model: 'gpt-5', messages: Array(10).fill({ role: 'user', content: 'hello '.repeat(60) }) }),
)
const rawHeaders = ['content-type', 'application/json', 'date', 'today', 'x-request-id', 'req_1'].map((text) => Buffer.from(text))
const answer = 'hello there\\n'.repeat(170)
const event = Buffer.from(
  'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-5-2026-01-01","system_fingerprint":"fp_1",' +
    '"choices":[{"index":0,"delta":{"content":" hello"},"logprobs":null,"finish_reason":null}],"usage":null}\n\n',
)

/** Publishes the events of requests, and returns the fastest of 40 rounds: other processes only make one slower. `flush` is not timed. */
export async function measureHandlers(flush: () => Promise<void>): Promise<HandlerTimes> {
  let answers = 0
  const publish = (path: string, bytes: () => Buffer): void => {
    const request = new PublishedRequest(path)
    const response = { statusCode: 200, headers: rawHeaders }
    create!.publish({ request })
    sent!.publish({ request, chunk: requestBody })
    headers!.publish({ request, response })
    received!.publish({ request, chunk: bytes() })
    trailers!.publish({ request })
  }
  const unrelated = await fastest(20_000, () => publish('/items/1', () => requestBody), flush)
  const json = await fastest(500, () => publish('/v1/chat/completions', () => completion((answers += 1))), flush)
  const request = new PublishedRequest('/v1/chat/completions')
  create!.publish({ request })
  headers!.publish({ request, response: { statusCode: 200, headers: rawHeaders } })
  const chunk = await fastest(10_000, () => received!.publish({ request, chunk: event }), flush)
  return { unrelated, json, chunk }
}

async function fastest(times: number, task: () => void, flush: () => Promise<void>): Promise<number> {
  let microseconds = Infinity
  for (let round = 0; round < 40; round += 1) {
    const startedMs = performance.now()
    for (let time = 0; time < times; time += 1) task()
    microseconds = Math.min(microseconds, ((performance.now() - startedMs) * 1000) / times)
    await flush()
  }
  return microseconds
}

function completion(number: number): Buffer {
  return Buffer.from(
    `{"id":"chatcmpl-handlers-${number}","model":"gpt-5","choices":[{"index":0,"message":{"content":"${answer}"},` +
      '"finish_reason":"stop"}],"usage":{"prompt_tokens":900,"completion_tokens":100}}',
  )
}

/** A request as undici publishes it. */
class PublishedRequest {
  readonly method = 'POST'
  readonly origin = 'https://api.openai.com'
  readonly headers: string[] = ['content-type', 'application/json', 'authorization', 'Bearer key', 'user-agent', 'bench']
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  addHeader(name: string, value: string): void {
    this.headers.push(name, value)
  }
}
