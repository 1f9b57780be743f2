import { asciiOnly, type Secret } from '@swarmwatch/config'

import { patientTimeout } from '../../clock.ts'
import { logLimit } from '../../log-limit.ts'
import { cleanLine } from '../../message/clean-text.ts'
import type { ChannelDependencies, Delivery, DeliveryResult } from '../channel.ts'
import { hideSecrets } from '../guarded-delivery.ts'
import type { Exchange } from '../http-channel.ts'
import type { FileRequest, FormRequest } from '../post-json.ts'

/** Reports a chart that was not uploaded. */
export type ChartLog = (reason: string) => void

/** At most one line in this time. */
const logEveryMs = 10 * 60_000

/** Prints one line for each 10 minutes of failures. */
export function chartLog({ now, write }: Pick<ChannelDependencies, 'now' | 'write'>, channel: string): ChartLog {
  const due = logLimit(logEveryMs, () => now().getTime())
  return (reason) => {
    if (due() === undefined) return
    write(`[BRIDGE] a chart could not be uploaded to the channel "${channel}" (${reason}); messages are sent without a chart`)
  }
}

/** Where the chart appears. */
interface UploadThread {
  readonly channel: string
  readonly ts: string
}

interface UploadOptions {
  readonly token: Secret
  readonly apiUrl: string
  readonly exchange: Exchange
  readonly log: ChartLog
  /** Maximum time for the three requests. @default 10_000 */
  readonly timeoutMs?: number
}

/**
 * Uploads the chart of a delivery, if it has one, to the thread of its message. The message has arrived by then: nothing waits for the
 * upload, it is tried once, and its failure is only logged. The end of the channel ends it.
 */
export function slackChartUpload({
  token,
  apiUrl,
  exchange,
  log,
  timeoutMs = 10_000,
}: UploadOptions): (thread: UploadThread, delivery: Delivery) => void {
  const api = new URL(apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`)
  const hide = hideSecrets([token])
  const login = { token: token.reveal() }

  async function upload({ channel, ts }: UploadThread, { notice }: Delivery): Promise<void> {
    const { chart } = notice
    if (chart === undefined) return
    const signal = patientTimeout(timeoutMs)
    const call = (method: string, fields: Record<string, string>): Promise<Readonly<Record<string, unknown>>> =>
      answerOf({ url: new URL(method, api).href, login, fields }, signal)
    const length = String(chart.png.length)
    const alternative = cleanLine(chart.text, 1_000)
    const place = await call('files.getUploadURLExternal', { filename: 'chart.png', length, alt_txt: alternative })
    const { upload_url: url, file_id: id } = place
    if (typeof id !== 'string' || !isUploadUrl(url, api)) throw new UploadError('the answer has no address for the upload')
    await answerOf({ url, file: chart.png, contentType: 'image/png' }, signal)
    const files = JSON.stringify([{ id, title: cleanLine(chart.title, 200) }])
    await call('files.completeUploadExternal', { files, channel_id: channel, thread_ts: ts })
  }

  /** The answer of a request; rejects if it failed. The upload itself is answered with text. */
  async function answerOf(request: FormRequest | FileRequest, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const reply = await exchange<{ readonly json: Readonly<Record<string, unknown>> } | DeliveryResult>(
      request,
      signal,
      ({ status, json }) => {
        const isOk = status === 200 && ('file' in request || json['ok'] === true)
        return isOk ? { json } : { kind: 'retry', reason: failureText(status, json['error']) }
      },
    )
    if ('json' in reply) return reply.json
    throw new UploadError('reason' in reply ? reply.reason : 'no answer')
  }

  return (thread, delivery) => {
    upload(thread, delivery).catch((error: unknown) =>
      log(error instanceof UploadError ? hide(error.message) : 'unexpected failure'),
    )
  }
}

class UploadError extends Error {
  override readonly name = 'UploadError'
}

function failureText(status: number, error: unknown): string {
  const code = typeof error === 'string' ? asciiOnly(cleanLine(error, 80)) : `HTTP ${status}`
  return code === 'missing_scope' ? 'missing_scope: the bot needs the scope files:write' : code
}

/** Encrypted, as the API itself is. */
function isUploadUrl(url: unknown, api: URL): url is string {
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  return parsed !== null && (parsed.protocol === 'https:' || parsed.protocol === api.protocol)
}
