import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import type { ToldLog } from './told-log.ts'

/** What Slack does with a post: shows it, answers this in its place, or answers nothing. */
export type SlackAnswer =
  | 'shown'
  | 'silence'
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }

/** Slack's incoming webhook, as far as the sender can tell. */
export interface SlackSink extends AsyncDisposable {
  readonly url: string
  /** How it answers. @default shows everything */
  answer: () => SlackAnswer
  /** How long it takes for a message, one after the other. @default 0 */
  takesMs: number
}

export async function openSlackSink(log: ToldLog): Promise<SlackSink> {
  let last = Promise.resolve()
  const server = createServer((request, response) => {
    last = last.then(() => take(request, response)).catch(() => void response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request)
    if (sink.takesMs > 0) await delay(sink.takesMs)
    // the sender was killed while its message waited
    if (response.destroyed) return
    const answer = sink.answer()
    if (answer === 'shown') {
      log.add({ channel: 'slack', recipient: 'slack' }, headlineOf(body), body)
      response.writeHead(200, { 'content-type': 'text/html' }).end('ok')
      return
    }
    log.refused.slack += 1
    if (answer !== 'silence') response.writeHead(answer.status, answer.headers).end(answer.body)
  }

  const sink: SlackSink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/B0/hook`,
    answer: () => 'shown',
    takesMs: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return sink
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part as string
  return text
}

/** Alertmanager writes an attachment, the bridge a text and blocks. */
function headlineOf(body: string): string {
  const { text, attachments } = JSON.parse(body) as { text?: string; attachments?: { title: string }[] }
  return attachments?.[0]?.title ?? text?.split('.')[0] ?? ''
}
