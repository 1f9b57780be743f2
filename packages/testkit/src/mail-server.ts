import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail as the server received it. */
export interface ReceivedMail {
  /** The name in the sender's EHLO. */
  readonly hello: string
  readonly from: string
  readonly to: readonly string[]
  /** The whole message with its headers. */
  readonly raw: string
  readonly isEncrypted: boolean
}

/** A real SMTP server on a free port of 127.0.0.1 that keeps all mails. */
export interface MailServer extends AsyncDisposable {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  readonly server: SMTPServer
  close(): Promise<void>
}

/** Starts the server. `options` are those of smtp-server: a certificate, a login, or faults. */
export async function openMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 50,
    // without a certificate of its own the server would offer one that has expired
    disabledCommands: options.key === undefined ? ['STARTTLS'] : [],
    onData(stream, { hostNameAppearsAs, envelope, secure }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        const to = envelope.rcptTo.map(({ address }) => address)
        mails.push({ hello: hostNameAppearsAs, from, to, raw: Buffer.concat(chunks).toString(), isEncrypted: secure })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const close = (): Promise<void> => new Promise((resolve) => server.close(resolve))
  return { port: (server.server.address() as AddressInfo).port, mails, server, close, [Symbol.asyncDispose]: close }
}

/** Returns a header of a raw mail, unfolded; undefined where there is none. */
export function headerOf(raw: string, name: string): string | undefined {
  const head = raw.split('\r\n\r\n', 1)[0]!.replaceAll(/\r\n[ \t]+/g, ' ')
  return head
    .split('\r\n')
    .find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    ?.slice(name.length + 1)
    .trim()
}
