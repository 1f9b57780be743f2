import { fakeHttp, answerWith, type Answer, type FakeHttp } from './fake-http.ts'

/** A message in the fake's only channel, C1. */
export interface SlackPost {
  readonly ts: string
  readonly thread_ts?: string
  text: string
  blocks: unknown
  readonly reply_broadcast?: boolean
  readonly metadata?: unknown
}

/** Slack's Web API as far as the channel uses it, over real HTTP; `POST /hook/...` is an incoming webhook. */
export interface FakeSlack extends AsyncDisposable {
  readonly http: FakeHttp
  readonly apiUrl: string
  readonly posts: SlackPost[]
  /** The methods that were called, in order. */
  readonly calls: () => string[]
  /** Answers to the next calls instead of the usual one, in turn. */
  readonly faults: Answer[]
}

/** Starts it. */
export async function fakeSlack(): Promise<FakeSlack> {
  const posts: SlackPost[] = []
  const faults: Answer[] = []
  const http = await fakeHttp((request, response) => {
    const fault = faults.shift()
    if (fault !== undefined) return fault(request, response)
    if (request.path.startsWith('/hook/')) return answerWith(200, 'ok')(request, response)
    answerWith(200, answer(request.path.replace('/api/', ''), request.json))(request, response)
  })
  const byTs = (ts: unknown): SlackPost | undefined => posts.find((post) => post.ts === ts)

  function answer(method: string, body: Record<string, unknown>): object {
    if (method === 'chat.postMessage') {
      const ts = `${posts.length + 1}.000100`
      posts.push({ ...(body as unknown as SlackPost), ts })
      return { ok: true, channel: 'C1', ts }
    }
    if (method === 'chat.update') {
      const post = byTs(body['ts'])
      if (post === undefined || body['channel'] !== 'C1') return { ok: false, error: 'message_not_found' }
      Object.assign(post, { text: body['text'], blocks: body['blocks'] })
      return { ok: true, channel: 'C1', ts: post.ts }
    }
    const thread = method === 'conversations.replies' ? body['ts'] : undefined
    return { ok: true, messages: posts.filter((post) => thread === undefined || post.thread_ts === thread) }
  }

  return {
    http,
    apiUrl: `${http.url}/api`,
    posts,
    faults,
    calls: () => http.seen.map(({ path }) => path.replace('/api/', '')),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
