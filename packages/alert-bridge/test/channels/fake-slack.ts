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

/** A file that was uploaded and shared. */
export interface SlackFile {
  readonly bytes: Buffer
  readonly title: string
  readonly alternative: string
  readonly channel: string
  readonly threadTs: string
}

/** Slack's Web API as far as the channel uses it, over real HTTP; `POST /hook/...` is an incoming webhook. */
export interface FakeSlack extends AsyncDisposable {
  readonly http: FakeHttp
  readonly apiUrl: string
  readonly posts: SlackPost[]
  readonly files: SlackFile[]
  /** The methods that were called, in order. */
  readonly calls: () => string[]
  /** Answers to the next calls instead of the usual one, in turn. */
  readonly faults: Answer[]
}

/** Starts it. */
export async function fakeSlack(): Promise<FakeSlack> {
  const posts: SlackPost[] = []
  const faults: Answer[] = []
  const files: SlackFile[] = []
  const uploads = new Map<string, { readonly length: number; readonly alternative: string; bytes?: Buffer }>()
  const http = await fakeHttp((request, response) => {
    const fault = faults.shift()
    if (fault !== undefined) return fault(request, response)
    if (request.path.startsWith('/hook/')) return answerWith(200, 'ok')(request, response)
    if (request.path.startsWith('/upload/')) {
      const upload = uploads.get(request.path.slice('/upload/'.length))
      if (upload === undefined || upload.length !== request.bytes.length) return answerWith(400, 'bad upload')(request, response)
      upload.bytes = request.bytes
      return answerWith(200, `OK - ${upload.length}`)(request, response)
    }
    if (request.path.startsWith('/api/files.')) {
      // these methods do not read JSON
      const fields = Object.fromEntries(new URLSearchParams(request.body))
      return answerWith(200, fileAnswer(request.path.replace('/api/', ''), fields))(request, response)
    }
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

  function fileAnswer(method: string, fields: Readonly<Record<string, string>>): object {
    if (method === 'files.getUploadURLExternal') {
      const id = `F${uploads.size + 1}`
      uploads.set(id, { length: Number(fields['length']), alternative: fields['alt_txt'] ?? '' })
      return { ok: true, file_id: id, upload_url: `${http.url}/upload/${id}` }
    }
    const [{ id, title }] = JSON.parse(fields['files'] ?? '[{}]') as [{ id: string; title: string }]
    const { bytes, alternative = '' } = uploads.get(id) ?? {}
    if (bytes === undefined) return { ok: false, error: 'file_not_found' }
    const [channel, threadTs] = [fields['channel_id'] ?? '', fields['thread_ts'] ?? '']
    if (byTs(threadTs) === undefined || channel !== 'C1') return { ok: false, error: 'invalid_channel' }
    files.push({ bytes, title, alternative, channel, threadTs })
    return { ok: true, files: [{ id }] }
  }

  return {
    http,
    apiUrl: `${http.url}/api`,
    posts,
    files,
    faults,
    calls: () => http.seen.map(({ path }) => path.replace('/api/', '')),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
