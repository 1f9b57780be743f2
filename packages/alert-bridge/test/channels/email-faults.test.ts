import { createServer, type Socket } from 'node:net'

import { Secret } from '@swarmwatch/config'
import { type MailServer, openMailServer } from '@swarmwatch/testkit'
import type { SMTPServerOptions } from 'smtp-server'
import { expect, onTestFinished, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import type { EmailChannelSettings } from '../../src/channels/email/email-channel.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { reply } from './smtp-replies.ts'
import { mailChannel } from './mail-channel.ts'
import { expiredTls, validTls } from './test-tls.ts'

const recipients = ['ops@example.com', 'gone@example.com', 'slow@example.com']

function deliver(
  port: number,
  more: Partial<EmailChannelSettings> = {},
  recipient = 'ops@example.com',
  signal = AbortSignal.timeout(120_000),
): Promise<DeliveryResult> {
  const delivery = { id: 'delivery-1', recipient, notice: sampleNotices.firing }
  return mailChannel(port, { recipients, ...more }).deliver(delivery, signal)
}

async function smtpWith(options: SMTPServerOptions): Promise<MailServer> {
  const smtp = await openMailServer(options)
  onTestFinished(() => smtp[Symbol.asyncDispose]())
  return smtp
}

/** A server of which only the first lines matter. */
async function lineServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A server that receives a whole mail and then does what the test requests. */
function takesThen(end: (socket: Socket) => void): Promise<number> {
  return lineServer((socket) => {
    let inMail = false
    socket.write('220 ready\r\n')
    socket.on('data', (chunk) => {
      const text = chunk.toString()
      if (inMail) return text.endsWith('\r\n.\r\n') ? end(socket) : undefined
      for (const line of text.split('\r\n').slice(0, -1)) {
        inMail = line === 'DATA'
        socket.write(inMail ? '354 go on\r\n' : '250 ok\r\n')
      }
    })
  })
}

test('of three recipients, one is refused permanently, one temporarily, and the third receives its mail', async () => {
  const smtp = await smtpWith({
    onRcptTo: ({ address }, _, done) => {
      if (address === 'gone@example.com') return done(reply(550, 'no such user'))
      done(address === 'slow@example.com' ? reply(451, 'greylisted, come back later') : null)
    },
  })
  const results = await Promise.all(recipients.map((recipient) => deliver(smtp.port, {}, recipient)))
  expect(results.map(({ kind }) => kind)).toEqual(['delivered', 'undeliverable', 'retry'])
  expect(results[1]).toMatchObject({ reason: expect.stringContaining('550 no such user') as string })
  expect(results[2]).toEqual({ kind: 'retry', reason: expect.stringContaining('451 greylisted') as string })
  expect(smtp.mails.map(({ to }) => to)).toEqual([['ops@example.com']])
})

test.each<[number, DeliveryResult['kind']]>([
  [450, 'retry'],
  [452, 'retry'],
  [503, 'retry'],
  [530, 'channel-down'],
  [550, 'undeliverable'],
  [552, 'undeliverable'],
  [554, 'undeliverable'],
])('%d to the recipient is %s, and nothing is unknown about it', async (code, kind) => {
  const smtp = await smtpWith({ onRcptTo: (_, __, done) => done(reply(code, 'no')) })
  const result = await deliver(smtp.port)
  expect(result.kind).toBe(kind)
  expect(result).not.toHaveProperty('unknown')
})

test.each<[number, DeliveryResult['kind']]>([
  [451, 'retry'],
  [554, 'undeliverable'],
])('%d to the mail itself is %s', async (code, kind) => {
  const smtp = await smtpWith({
    onData: (stream, _, done) => {
      stream.resume()
      stream.on('end', () => done(reply(code, 'no')))
    },
  })
  const result = await deliver(smtp.port)
  expect(result.kind).toBe(kind)
  expect(result).not.toHaveProperty('unknown')
})

test('a sender that is refused is a dead channel: no mail could go', async () => {
  const smtp = await smtpWith({ onMailFrom: (_, __, done) => done(reply(553, 'not your address')) })
  expect(await deliver(smtp.port)).toMatchObject({ kind: 'channel-down' })
})

test('a wrong password makes a channel dead, but a temporary login failure does not', async () => {
  let code = 535
  const smtp = await smtpWith({ allowInsecureAuth: true, onAuth: (_, __, done) => done(reply(code, 'no')) })
  const logIn = { user: 'user', password: new Secret('wrong-password') }
  expect(await deliver(smtp.port, logIn)).toMatchObject({
    kind: 'channel-down',
    reason: expect.stringContaining('535') as string,
  })
  code = 454
  expect(await deliver(smtp.port, logIn)).toMatchObject({ kind: 'retry', reason: expect.stringContaining('454') as string })
})

test('mail goes over TLS where the certificate is trusted', async () => {
  const smtp = await smtpWith(validTls)
  expect(await deliver(smtp.port, { requireTls: true, ca: validTls.cert })).toMatchObject({ kind: 'delivered' })
  expect(smtp.mails.map(({ isEncrypted }) => isEncrypted)).toEqual([true])
})

test('an expired or strange certificate is a dead channel, and no mail goes', async () => {
  const old = await smtpWith(expiredTls)
  const strange = await smtpWith(validTls)
  const expired = await deliver(old.port, { requireTls: true, ca: expiredTls.cert })
  expect(expired).toMatchObject({ kind: 'channel-down', reason: expect.stringContaining('certificate has expired') as string })
  expect(await deliver(strange.port, { host: '0.0.0.0' })).toMatchObject({ kind: 'channel-down' })
  expect([...old.mails, ...strange.mails]).toEqual([])
})

test('a server beyond this machine that offers no TLS gets no mail in clear text', async () => {
  const smtp = await smtpWith({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
  expect(await deliver(smtp.port, { host: '0.0.0.0' })).toMatchObject({ kind: 'channel-down' })
  expect(smtp.mails).toEqual([])
})

test('a connection that breaks after the mail is out: it may have arrived', async () => {
  let mails = 0
  const port = await takesThen((socket) => {
    mails += 1
    socket.resetAndDestroy()
  })
  expect(await deliver(port)).toMatchObject({ kind: 'retry', unknown: true })
  expect(mails).toBe(1)
})

test('a server that never confirms is given up with the signal: it may have arrived', async () => {
  const port = await takesThen(() => {})
  const result = await deliver(port, { timeouts: { socketMs: 100 } })
  expect(result).toMatchObject({ kind: 'retry', unknown: true })
})

test('one byte a second does not keep a delivery beyond its signal, and nothing has arrived', async () => {
  const port = await lineServer((socket) => {
    const timer = setInterval(() => socket.write('2'), 1_000)
    socket.on('close', () => clearInterval(timer))
  })
  const result = await deliver(port, { timeouts: { greetingMs: 200 } })
  expect(result).toEqual({ kind: 'retry', reason: expect.any(String) as string })
})

test.each([
  ['a silent server', () => {}],
  ['a server that hangs up', (socket: Socket) => void socket.end()],
  ['a server that resets', (socket: Socket) => void socket.resetAndDestroy()],
])('%s has not got the mail', async (_, onConnection) => {
  const port = await lineServer(onConnection)
  expect(await deliver(port, { timeouts: { greetingMs: 100 } })).toEqual({ kind: 'retry', reason: expect.any(String) as string })
})

test('with a name that does not resolve or a port without a listener, nothing has arrived', async () => {
  const smtp = await openMailServer()
  await smtp[Symbol.asyncDispose]()
  expect(await deliver(smtp.port)).toEqual({ kind: 'retry', reason: expect.stringContaining('ECONNREFUSED') as string })
  const unresolved = await deliver(25, { host: 'nowhere.invalid', timeouts: { dnsMs: 1_000 } })
  expect(unresolved).toEqual({ kind: 'retry', reason: expect.any(String) as string })
})
