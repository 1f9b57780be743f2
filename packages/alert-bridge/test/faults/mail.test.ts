import { createServer, type Socket } from 'node:net'

import { Secret } from '@swarmwatch/config'
import { eventually, headerOf, type MailServer, openMailServer } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import type { SMTPServerOptions } from 'smtp-server'
import { expect, onTestFinished, test } from 'vitest'

import type { EmailChannelSettings } from '../../src/channels/email/email-channel.ts'
import { reply } from '../channels/smtp-replies.ts'
import { expiredTls } from '../channels/test-tls.ts'
import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { mailAt, real } from './real-channels.ts'

async function openSmtp(options: SMTPServerOptions = {}): Promise<MailServer> {
  const smtp = await openMailServer(options)
  onTestFinished(() => smtp[Symbol.asyncDispose]())
  return smtp
}

test('greylisting: a mail that is put off twice comes once', async () => {
  let putOff = 2
  const smtp = await openSmtp({
    onRcptTo: (_, __, done) => done((putOff -= 1) >= 0 ? reply(451, 'greylisted, come back later') : null),
  })
  const bridge = await startedBridge({ channels: real(mailAt(smtp.port)), times: shortTimes })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  expect(await bridge.deliveries()).toMatchObject([{ state: 'delivered', attempts: 3, mayHaveArrived: false }])
  expect(smtp.mails).toHaveLength(1)
})

test('one of three recipients does not exist: two mails, one dead letter with the reason, and a line', async () => {
  const smtp = await openSmtp({
    onRcptTo: ({ address }, _, done) => done(address === 'gone@example.com' ? reply(550, 'no such user') : null),
  })
  const recipients = ['ops@example.com', 'gone@example.com', 'night@example.com']
  const bridge = await startedBridge({ channels: real(mailAt(smtp.port, { recipients })), times: shortTimes })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  expect(smtp.mails.flatMap(({ to }) => to).toSorted()).toEqual(['night@example.com', 'ops@example.com'])
  expect(await bridge.deliveries('dead')).toMatchObject([
    { recipient: 'gone@example.com', reason: expect.stringContaining('550 no such user') as string, attempts: 1 },
  ])
  expect(bridge.lines).toEqual([expect.stringMatching(/^\[UNDELIVERABLE\] .*gone@example\.com/)])
})

test('a connection that breaks when the mail is out: it goes again under the same Message-ID', async () => {
  let isBroken = true
  const seen: string[] = []
  const smtp = await openSmtp({
    onData(stream, _, done) {
      let raw = ''
      stream.setEncoding('utf8').on('data', (text: string) => (raw += text))
      stream.on('end', () => {
        seen.push(raw)
        if (!isBroken) return done()
        isBroken = false
        for (const { _socket: socket } of smtp.server.connections as unknown as Set<{ _socket: Socket }>) socket.destroy()
      })
    },
  })
  const bridge = await startedBridge({ channels: real(mailAt(smtp.port)), times: shortTimes })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  expect(await bridge.deliveries()).toMatchObject([{ state: 'delivered', attempts: 2, mayHaveArrived: true }])
  expect(seen).toHaveLength(2)
  expect(new Set(seen.map((raw) => headerOf(raw, 'message-id'))).size).toBe(1)
  expect(await bridge.metric('bridge_unknown_outcomes_total')).toBe(1)
})

test.each<[string, (socket: Socket) => void]>([
  ['sends nothing', () => {}],
  [
    'sends one byte a second',
    (socket) => {
      const timer = setInterval(() => socket.write('2'), 1_000)
      socket.on('close', () => clearInterval(timer))
    },
  ],
])('a mail server that %s has not got the mail, and another one gets it once', async (_, behave) => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    behave(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  await isSentOnceFixed({ port, timeouts: { greetingMs: 100 } }, 'retry')
})

test('with a wrong password, the mail waits, the other channel is notified, and the mail is sent once the password is right', async () => {
  const smtp = await openSmtp({
    allowInsecureAuth: true,
    authOptional: false,
    onAuth: ({ password }, _, done) => (password === 'right' ? done(null, { user: 'ops' }) : done(reply(535, 'wrong'))),
  })
  const logIn = (password: string): Partial<EmailChannelSettings> => ({ user: 'ops', password: new Secret(password) })
  const other = recordingChannel()
  const dataDir = temporaryFolder()
  const first = await startedBridge({
    channels: [...real(mailAt(smtp.port, logIn('wrong-password'))), other],
    times: shortTimes,
    dataDir,
  })
  await first.post('/api/v1/alerts', firing())
  const meta = await eventually('word of it', () => other.delivered.find(({ notice }) => notice.kind === 'meta')?.notice)
  expect([meta.title, meta.text]).toEqual(['Channel email cannot deliver', expect.stringContaining('535')])
  expect(await first.metric('bridge_breaker_open{channel="email"}')).toBe(1)
  await first.service.stop()
  const second = await startedBridge({
    channels: [...real(mailAt(smtp.port, logIn('right'))), other],
    times: shortTimes,
    dataDir,
  })
  await second.idle()
  expect(smtp.mails).toHaveLength(1)
})

test('an expired certificate, a server without TLS, a name that does not resolve: no mail is sent unencrypted, and it is sent once fixed', async () => {
  const expired = await openSmtp(expiredTls)
  const bare = await openSmtp({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
  await isSentOnceFixed({ port: expired.port, requireTls: true, ca: expiredTls.cert }, 'channel_down')
  // not a loopback address by its looks, so TLS is a must
  await isSentOnceFixed({ port: bare.port, host: '0.0.0.0' }, 'channel_down')
  await isSentOnceFixed({ port: 25, host: 'nowhere.invalid' }, 'retry')
  expect([...expired.mails, ...bare.mails]).toEqual([])
})

/** Posts an alert to a bridge that cannot mail it, ends it, and starts one on the same folder that can. */
async function isSentOnceFixed(broken: Partial<EmailChannelSettings> & { port: number }, outcome: string): Promise<void> {
  const dataDir = temporaryFolder()
  const first = await startedBridge({ channels: real(mailAt(broken.port, broken)), times: shortTimes, dataDir })
  expect((await first.post('/api/v1/alerts', firing())).status).toBe(200)
  await eventually('a try', async () => ((await first.deliveries('pending'))[0]?.attempts ?? 0) > 0)
  expect(await first.deliveries('pending')).toMatchObject([{ mayHaveArrived: false }])
  expect(await first.metric(`bridge_deliveries_total{channel="email",outcome="${outcome}"}`)).toBeGreaterThan(0)
  await first.service.stop()
  const good = await openSmtp()
  const second = await startedBridge({ channels: real(mailAt(good.port)), times: shortTimes, dataDir })
  await second.idle()
  expect(good.mails).toHaveLength(1)
}
