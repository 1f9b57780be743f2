import { test as property } from '@fast-check/vitest'
import { readMailbox } from '@swarmwatch/config'
import { headerOf, type MailServer, openMailServer } from '@swarmwatch/testkit'
import fc from 'fast-check'
import addressparser from 'nodemailer/lib/addressparser'
import type { SMTPServerSession } from 'smtp-server'
import { describe, expect, onTestFinished, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import type { EmailChannelSettings } from '../../src/channels/email/email-channel.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { mailChannel } from './mail-channel.ts'
import { validTls } from './test-tls.ts'

/** A server that is not this machine by its name, so that its certificate counts. */
const relay = { host: '0.0.0.0' }

async function started(options: Parameters<typeof openMailServer>[0] = {}): Promise<MailServer> {
  const smtp = await openMailServer(options)
  onTestFinished(() => smtp[Symbol.asyncDispose]())
  return smtp
}

function deliver(port: number, settings: Partial<EmailChannelSettings>, recipient = 'ops@example.com'): Promise<DeliveryResult> {
  const channel = mailChannel(port, { recipients: [recipient], ...settings })
  return channel.deliver({ id: 'delivery-1', recipient, notice: sampleNotices.firing }, AbortSignal.timeout(120_000))
}

describe.each([
  ['STARTTLS', {}, {}],
  ['TLS from the first byte', { secure: true }, { implicitTls: true }],
] as const)('with %s on any port', (_, server, channel) => {
  test('a certificate of the given authority is accepted', async () => {
    const smtp = await started({ ...validTls, ...server })
    expect(await deliver(smtp.port, { ...relay, ...channel, ca: validTls.cert })).toMatchObject({ kind: 'delivered' })
    expect(smtp.mails).toMatchObject([{ isEncrypted: true }])
  })

  test('a self-signed certificate is refused', async () => {
    const smtp = await started({ ...validTls, ...server })
    expect(await deliver(smtp.port, { ...relay, ...channel })).toMatchObject({
      kind: 'channel-down',
      reason: expect.stringMatching(/certificate/) as string,
    })
    expect(smtp.mails).toEqual([])
  })

  test('a self-signed certificate is accepted if the settings allow it', async () => {
    const smtp = await started({ ...validTls, ...server })
    expect(await deliver(smtp.port, { ...relay, ...channel, tlsSkipVerify: true })).toMatchObject({ kind: 'delivered' })
    expect(smtp.mails).toMatchObject([{ isEncrypted: true }])
  })

  test('a given authority counts on this machine too, where else any certificate is accepted', async () => {
    const smtp = await started({ ...validTls, ...server })
    expect(await deliver(smtp.port, { ...channel })).toMatchObject({ kind: 'delivered' })
    const other = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----'
    expect(await deliver(smtp.port, { ...channel, ca: other })).not.toMatchObject({ kind: 'delivered' })
  })
})

test('a server that speaks TLS from the first byte is not asked for STARTTLS', async () => {
  const smtp = await started({ ...validTls, secure: true, disabledCommands: ['STARTTLS'] })
  expect(await deliver(smtp.port, { ...relay, implicitTls: true, requireTls: true, ca: validTls.cert })).toMatchObject({
    kind: 'delivered',
  })
})

test('the server is greeted with the name of the settings', async () => {
  const greetings: string[] = []
  const smtp = await started({
    onMailFrom(_address, session: SMTPServerSession, done) {
      greetings.push(session.hostNameAppearsAs)
      done()
    },
  })
  await deliver(smtp.port, { hello: 'swarm.example.com' })
  expect(greetings).toEqual(['swarm.example.com'])
})

test('a server at an IPv6 address gets its mail', async () => {
  const smtp = await started({})
  const result = await deliver(smtp.port, { host: '::ffff:127.0.0.1' })
  expect(result).toMatchObject({ kind: 'delivered' })
})

test('a name with a comma, quotes or braces is only a name', async () => {
  const smtp = await started()
  const recipient = String.raw`"Doe, Jane \"JD\" {{ x }}" <jane@example.com>`
  const from = '"Swarm, production" <swarm@example.com>'
  expect(await deliver(smtp.port, { from }, recipient)).toMatchObject({ kind: 'delivered' })
  const [mail] = smtp.mails
  expect(mail).toMatchObject({ from: 'swarm@example.com', to: ['jane@example.com'] })
  expect(headerOf(mail!.raw, 'to')).toBe(recipient)
  expect(headerOf(mail!.raw, 'from')).toBe('"Swarm, production (critical)" <swarm@example.com>')
})

const words = fc.stringMatching(/^[A-Za-z0-9 ,;:<>@()."\\'-]{0,20}$/)
property.prop([words, fc.emailAddress()])('the settings read a quoted name as nodemailer does', (name, address) => {
  const text = `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}" <${address}>`
  const parsed = addressparser(text)
  const mailbox = readMailbox(text)
  expect(mailbox?.address).toBe(address)
  expect(parsed).toMatchObject([{ address }])
  const plain = (some: string | undefined): string | undefined => some?.replaceAll(/\s+/g, ' ').trim()
  expect(plain(mailbox?.name)).toBe(plain(name))
})
