import { isLoopback } from '@swarmwatch/config'
import { createTransport, type SentMessageInfo } from 'nodemailer'

import type { EmailChannelSettings } from './email-channel.ts'
import type { Mail } from './mail.ts'

/** A pool of connections to one mail server. */
export interface Smtp {
  /** Rejects as nodemailer does. `progress.hasBegun` tells then whether any of the mail's text was sent. */
  send(mail: Mail, signal: AbortSignal, progress: { hasBegun: boolean }): Promise<SentMessageInfo>
  close(): void
}

/** The streams of a mail, kept beside it while it is sent. */
interface Watched {
  readonly progress: { readonly streams: { readonly readableDidRead: boolean }[] }
}

const submissionOverTls = 465

/** Opens no connection yet. */
export function openSmtp(settings: EmailChannelSettings, maxConnections: number): Smtp {
  const { host, port, user, password, ca, hello, tlsSkipVerify = false, timeouts = {} } = settings
  const isLocal = isLoopback(host)
  const transport = createTransport({
    pool: true,
    maxConnections,
    // only what an idle connection lost before any of it was sent; the rest is for whoever asked to deliver
    maxRequeues: 1,
    host,
    port,
    ...(hello === undefined ? {} : { name: hello }),
    secure: settings.implicitTls ?? port === submissionOverTls,
    requireTLS: settings.requireTls ?? !isLocal,
    // a relay on this machine seldom has a certificate that anybody signed
    tls: { rejectUnauthorized: !tlsSkipVerify && (!isLocal || ca !== undefined), ...(ca === undefined ? {} : { ca }) },
    ...(user === undefined ? {} : { auth: { user, pass: password?.reveal() ?? '' } }),
    connectionTimeout: timeouts.connectMs ?? 10_000,
    greetingTimeout: timeouts.greetingMs ?? 10_000,
    socketTimeout: timeouts.socketMs ?? 30_000,
    dnsTimeout: timeouts.dnsMs ?? 5_000,
    socketCloseTimeout: 500,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  // an idle connection that breaks concerns no delivery
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
