import { isIPv6 } from 'node:net'

import { type EmailChannel, isLoopback, Secret } from '@swarmwatch/config'
import { createTransport, type SentMessageInfo } from 'nodemailer'

import { type Channel, type ChannelDependencies, type Delivery, type DeliveryResult, systemDependencies } from '../channel.ts'
import { guardedDelivery, hideSecrets } from '../guarded-delivery.ts'
import { connectionFailure, isCertificateProblem } from '../request-failure.ts'
import { type Mail, mailFor, mailThread } from './mail.ts'

/** Time limits of each step, in milliseconds. */
export interface EmailTimeouts {
  /** @default 10_000 */
  readonly connectMs?: number
  /** @default 10_000 */
  readonly greetingMs?: number
  /** Silence on the connection. @default 30_000 */
  readonly socketMs?: number
  /** @default 5_000 */
  readonly dnsMs?: number
}

/** Settings of the mail channel. */
export interface EmailChannelSettings extends EmailChannel {
  readonly timeouts?: EmailTimeouts
  /** Further addresses that may be recipients of a delivery: those of escalation steps. @default [] */
  readonly people?: readonly string[]
}

const connections = 3

/** Sends a separate mail to each recipient, so that one invalid address fails alone. */
export function openEmailChannel(settings: EmailChannelSettings, dependencies: Partial<ChannelDependencies> = {}): Channel {
  const { now, proxyFor } = { ...systemDependencies, ...dependencies }
  const { name, recipients, people = [], password, host, port } = settings
  const proxy = proxyFor(new URL(`smtp://${isIPv6(host) ? `[${host}]` : host}:${port}`))
  const smtp = openSmtp(settings, connections, proxy)

  async function send(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const thread = mailThread(delivery.thread)
    const mail = mailFor(delivery, thread, settings.from, now())
    const progress = { hasBegun: false }
    try {
      const { rejectedErrors = [] } = await smtp.send(mail, signal, progress)
      const [refused] = rejectedErrors
      if (refused !== undefined) return refusal(refused)
      return { kind: 'delivered', thread: thread ?? { root: mail.messageId, subject: mail.subject } }
    } catch (error) {
      return mailFailure(error, progress.hasBegun)
    }
  }

  return {
    name,
    recipients,
    concurrency: connections,
    showsCharts: true,
    deliver: guardedDelivery(
      [...recipients, ...people],
      hideSecrets([password, logInText(settings)]),
      async (delivery, signal) => {
        const result = await send(delivery, signal)
        // a server may refuse mail of this size or with pictures
        if (result.kind !== 'undeliverable' || delivery.notice.chart === undefined) return result
        const { chart: _, ...notice } = delivery.notice
        return send({ ...delivery, notice }, signal)
      },
    ),
    close: async () => smtp.close(),
  }
}

/** The text that is sent to log in, which contains the password too. */
function logInText({ user, password }: EmailChannelSettings): Secret | undefined {
  return user === undefined || password === undefined ? undefined : new Secret(`\0${user}\0${password.reveal()}`)
}

/** A pool of connections to one mail server. */
interface Smtp {
  /** Rejects as nodemailer does. `progress.hasBegun` is then whether any of the mail's text was sent. */
  send(mail: Mail, signal: AbortSignal, progress: { hasBegun: boolean }): Promise<SentMessageInfo>
  close(): void
}

/** The streams of a mail while it is sent. */
interface Watched {
  readonly progress: { readonly streams: { readonly readableDidRead: boolean }[] }
}

const submissionOverTls = 465

/** Opens no connection yet. */
function openSmtp(settings: EmailChannelSettings, maxConnections: number, proxy: Secret | undefined): Smtp {
  const { host, port, user, password, ca, hello, tlsSkipVerify = false, timeouts = {} } = settings
  const isLocal = isLoopback(host)
  const transport = createTransport({
    pool: true,
    maxConnections,
    // only a mail that an idle connection lost before any of it was sent; the caller repeats everything else
    maxRequeues: 1,
    host,
    port,
    ...(hello === undefined ? {} : { name: hello }),
    secure: settings.implicitTls ?? port === submissionOverTls,
    requireTLS: settings.requireTls ?? !isLocal,
    // a relay on this machine rarely has a signed certificate
    tls: { rejectUnauthorized: !tlsSkipVerify && (!isLocal || ca !== undefined), ...(ca === undefined ? {} : { ca }) },
    ...(user === undefined ? {} : { auth: { user, pass: password?.reveal() ?? '' } }),
    connectionTimeout: timeouts.connectMs ?? 10_000,
    greetingTimeout: timeouts.greetingMs ?? 10_000,
    socketTimeout: timeouts.socketMs ?? 30_000,
    dnsTimeout: timeouts.dnsMs ?? 5_000,
    socketCloseTimeout: 500,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(proxy === undefined ? {} : { proxy: proxy.reveal() }),
  })
  // the end of an idle connection concerns no delivery
  transport.on('error', () => {})
  // nodemailer starts to read the finished mail once the server has taken the envelope
  transport.use('stream', ({ data, message }, done) => {
    message.processFunc((stream) => {
      ;(data as Watched).progress.streams.push(stream)
      return stream
    })
    done()
  })
  return {
    async send(mail, signal, progress) {
      const watched: Mail & Watched = { ...mail, signal, progress: { streams: [] } }
      try {
        return await transport.sendMail(watched)
      } finally {
        progress.hasBegun = watched.progress.streams.some(({ readableDidRead }) => readableDidRead)
      }
    },
    close: () => transport.close({ force: true }),
  }
}

/** Properties of nodemailer's errors. */
interface SmtpError {
  readonly code?: string
  readonly responseCode?: number
  readonly command?: string
  readonly message?: string
  readonly rejectedErrors?: readonly unknown[]
}

/** The login, the encryption or the settings are wrong: no mail can be sent until someone fixes that. */
const channelCodes = new Set<string | undefined>(['ETLS', 'EAUTH', 'ENOAUTH', 'EOAUTH2', 'EREQUIRETLS', 'ECONFIG'])
/** Replies that require a (different) login. */
const logInReplies = new Set([530, 534, 535, 538])

/** Result for a failed attempt. `hasBegun`: some of the mail's text had been sent. */
export function mailFailure(error: unknown, hasBegun: boolean): DeliveryResult {
  const { code, responseCode = 0, message = '', rejectedErrors = [] } = error as SmtpError
  if (channelCodes.has(code)) {
    // 454: the server cannot check the password at the moment
    return { kind: code === 'EAUTH' && isTransient(responseCode) ? 'retry' : 'channel-down', reason: message }
  }
  if (rejectedErrors[0] !== undefined) return refusal(rejectedErrors[0])
  const isRefused = responseCode > 0 || code === 'EENVELOPE' || code === 'EMESSAGE'
  return isRefused && !isCertificateProblem(message) ? refusal(error) : connectionFailure(error, hasBegun)
}

/** Result for a reply that refuses the mail, by RFC 5321: 4yz later, 5yz never, except 503, which is about the order of commands. */
export function refusal(error: unknown): DeliveryResult {
  const { responseCode = 0, command, message = '' } = error as SmtpError
  if (isTransient(responseCode)) return { kind: 'retry', reason: message }
  // the sender's address is the same for all mail; 552 is about the size of this one
  const concernsAll = logInReplies.has(responseCode) || (command === 'MAIL FROM' && responseCode >= 500 && responseCode !== 552)
  return { kind: concernsAll ? 'channel-down' : 'undeliverable', reason: message }
}

function isTransient(responseCode: number): boolean {
  return (responseCode >= 400 && responseCode < 500) || responseCode === 503
}
