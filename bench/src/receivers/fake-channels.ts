import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { headerOf } from '@swarmwatch/testkit'
import { SMTPServer } from 'smtp-server'

/** Slack's reaction to a post: it shows it, answers with this instead, or does not answer. */
export type SlackAnswer =
  | 'shown'
  | 'silence'
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }

/** Slack's incoming webhook, as the sender sees it. */
export interface SlackSink extends AsyncDisposable {
  readonly url: string
  /** The reaction to the next post. @default shows it */
  answer: () => SlackAnswer
  /** Time for each message; messages are handled one after the other. @default 0 */
  delayMs: number
}

export async function openSlackSink(log: MessageLog): Promise<SlackSink> {
  let last = Promise.resolve()
  const server = createServer((request, response) => {
    last = last.then(() => take(request, response)).catch(() => void response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request)
    if (sink.delayMs > 0) await delay(sink.delayMs)
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
    delayMs: 0,
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

/** A fault of a mail server. */
export interface MailFault {
  /** The reply to a recipient that it refuses; undefined accepts it. */
  readonly refuses?: (recipient: string) => { readonly code: number; readonly words: string } | undefined
  /** Accepts the mail and closes the connection without an answer. */
  readonly hangsUpAfterData?: boolean
}

/** A mail server, and all mailboxes behind it. */
export interface MailSink extends AsyncDisposable {
  readonly port: number
  /** @default none */
  fault: MailFault
}

export async function openMailSink(log: MessageLog): Promise<MailSink> {
  const sockets = new Map<number, Socket>()
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 50,
    onRcptTo({ address }, _session, done) {
      const refusal = sink.fault.refuses?.(address)
      if (refusal === undefined) return done()
      log.refused.mail += 1
      done(Object.assign(new Error(refusal.words), { responseCode: refusal.code }))
    },
    onData(stream, { envelope, remotePort }, done) {
      let raw = ''
      stream.setEncoding('utf8').on('data', (text: string) => (raw += text))
      stream.on('end', () => {
        const headline = `${headerOf(raw, 'From') ?? ''} ${headerOf(raw, 'Subject') ?? ''}`
        for (const { address } of envelope.rcptTo) {
          // without the line ends that quoted-printable adds
          log.add(
            { channel: 'mail', recipient: address, id: headerOf(raw, 'Message-Id') ?? '' },
            headline,
            raw.replaceAll('=\r\n', ''),
          )
        }
        if (sink.fault.hangsUpAfterData === true) sockets.get(remotePort)?.destroy()
        else done()
      })
    },
  })
  server.on('error', () => {})
  server.server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0
    sockets.set(port, socket)
    socket.on('close', () => sockets.delete(port))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sink: MailSink = {
    port: (server.server.address() as AddressInfo).port,
    fault: {},
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  }
  return sink
}

export type ChannelName = 'slack' | 'mail'

/** A message that a channel showed to a recipient. */
export interface Message extends MessageContent {
  readonly channel: ChannelName
  readonly recipient: string
  /** By `performance.now()`. */
  readonly at: number
  /** Of a mail: its Message-ID. */
  readonly id?: string
}

/** The messages of one case. */
export interface MessageLog {
  readonly messages: readonly Message[]
  /** Number of refused attempts. */
  readonly refused: Record<ChannelName, number>
  readonly add: (message: Omit<Message, keyof MessageContent | 'at'>, headline: string, whole: string) => void
  /** Whether each of these recipients of a channel has a message about each incident. */
  readonly hasAll: (phase: Phase, channel: ChannelName, recipients: readonly string[], incidents: readonly string[]) => boolean
}

export function openMessageLog(): MessageLog {
  const messages: Message[] = []
  return {
    messages,
    refused: { slack: 0, mail: 0 },
    add: (message, headline, whole) => {
      const content = readMessage(headline, whole)
      if (content !== undefined) messages.push({ ...message, ...content, at: performance.now() })
    },
    hasAll: (phase, channel, recipients, incidents) =>
      recipients.every((recipient) => {
        const content = messages.filter(
          (one) => one.channel === channel && one.recipient === recipient && one.phases.includes(phase),
        )
        const names = new Set(content.flatMap((one) => one.incidents))
        return incidents.every((name) => names.has(name))
      }),
  }
}

export type Phase = 'fired' | 'ended'

/** The content of a message. */
export interface MessageContent {
  readonly phases: readonly Phase[]
  readonly incidents: readonly string[]
}

/**
 * Reads what Alertmanager or the bridge wrote.
 * @param headline the first line, and for mail the sender too
 * @returns undefined where it is about something else, such as the bridge itself
 */
function readMessage(headline: string, whole: string): MessageContent | undefined {
  const phases = phasesOf(headline)
  const incidents = [...new Set(whole.match(/Incident\d\d/g))]
  return phases === undefined || incidents.length === 0 ? undefined : { phases, incidents }
}

function phasesOf(headline: string): readonly Phase[] | undefined {
  // the bridge's word for alerts that fired and were resolved while it could not deliver
  if (/summary/i.test(headline)) return ['fired', 'ended']
  // a mail keeps the subject of the first one, so its end has to be looked for first
  if (/resolved/i.test(headline)) return ['ended']
  return /firing|critical/i.test(headline) ? ['fired'] : undefined
}
