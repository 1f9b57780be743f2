import type { AddressInfo, Socket } from 'node:net'

import { SMTPServer } from 'smtp-server'

import type { ToldLog } from './told-log.ts'

/** What a mail server does in place of the usual. */
export interface MailTrouble {
  /** The reply to a recipient that it does not take; undefined takes it. */
  readonly refuses?: (recipient: string) => { readonly code: number; readonly words: string } | undefined
  /** Takes the mail and hangs up in place of saying so. */
  readonly hangsUpAfterData?: boolean
}

/** A mail server, and all mailboxes behind it. */
export interface MailSink extends AsyncDisposable {
  readonly port: number
  /** @default none */
  trouble: MailTrouble
}

export async function openMailSink(log: ToldLog): Promise<MailSink> {
  const sockets = new Map<number, Socket>()
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 50,
    onRcptTo({ address }, _session, done) {
      const refusal = sink.trouble.refuses?.(address)
      if (refusal === undefined) return done()
      log.refused.mail += 1
      done(Object.assign(new Error(refusal.words), { responseCode: refusal.code }))
    },
    onData(stream, { envelope, remotePort }, done) {
      let raw = ''
      stream.setEncoding('utf8').on('data', (text: string) => (raw += text))
      stream.on('end', () => {
        const headline = `${headerOf(raw, 'From')} ${headerOf(raw, 'Subject')}`
        for (const { address } of envelope.rcptTo) {
          // without the line ends that quoted-printable adds
          log.add({ channel: 'mail', recipient: address, id: headerOf(raw, 'Message-Id') }, headline, raw.replaceAll('=\r\n', ''))
        }
        if (sink.trouble.hangsUpAfterData === true) sockets.get(remotePort)?.destroy()
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
    trouble: {},
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  }
  return sink
}

function headerOf(raw: string, name: string): string {
  const head = raw.split('\r\n\r\n', 1)[0]!.replaceAll(/\r\n[ \t]+/g, ' ')
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line?.slice(name.length + 1).trim() ?? ''
}
