import { headerOf, openMailServer } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import type { Delivery } from '../../src/channels/channel.ts'
import { plainText } from '../../src/message/message-content.ts'
import { sampleAlert, sampleNotices } from '../message/sample-notices.ts'
import { headerNames } from './smtp-replies.ts'
import { mailChannel } from './mail-channel.ts'

const neverAborted = new AbortController().signal
const delivery = (more: Partial<Delivery> = {}): Delivery => ({
  id: 'delivery-1',
  recipient: 'ops@example.com',
  notice: sampleNotices.firing,
  ...more,
})

test('a mail has this source', async () => {
  await using smtp = await openMailServer()
  const result = await mailChannel(smtp.port).deliver(delivery(), neverAborted)
  const [mail] = smtp.mails
  expect(mail).toMatchObject({ from: 'alerts@swarm.example.com', to: ['ops@example.com'] })
  const [head, text] = mail!.raw
    .replaceAll(/--_NmP-[\w-]+/g, '--boundary')
    .replaceAll('\r\n', '\n')
    .split('\n----boundary\n')
  expect(head).toMatchInlineSnapshot(`
    "Auto-Submitted: auto-generated
    X-Auto-Response-Suppress: All
    List-ID: Swarmwatch alerts <swarmwatch.swarm.example.com>
    From: "Swarmwatch (critical)" <alerts@swarm.example.com>
    To: ops@example.com
    Subject: [CRITICAL] AgentErrorRateCritical: api-integrator
    Message-ID: <delivery-1@swarm.example.com>
    Date: Tue, 24 Nov 2026 02:15:00 +0000
    X-Priority: 1 (Highest)
    X-Msmail-Priority: High
    Importance: High
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="--boundary"
    "
  `)
  expect(text).toMatch(/^Content-Type: text\/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n/)
  expect(decoded(text!)).toContain(plainText(sampleNotices.firing).text)
  expect(mail!.raw).toContain('Content-Type: text/html; charset=utf-8')
  expect(result).toEqual({
    kind: 'delivered',
    thread: { root: '<delivery-1@swarm.example.com>', subject: '[CRITICAL] AgentErrorRateCritical: api-integrator' },
  })
})

/** From quoted-printable: a line may go on after `=`, and `=3D` is a sign by its number. */
function decoded(text: string): string {
  return text
    .replaceAll('=\n', '')
    .replaceAll(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
}

test('later mails answer the first one under its subject, and the sender name shows the state', async () => {
  await using smtp = await openMailServer()
  const channel = mailChannel(smtp.port)
  const first = await channel.deliver(delivery(), neverAborted)
  const thread = first.kind === 'delivered' ? first.thread : undefined
  const second = await channel.deliver(delivery({ id: 'delivery-2', notice: sampleNotices.resolved, thread }), neverAborted)
  const raw = smtp.mails[1]!.raw
  expect(
    Object.fromEntries(
      ['From', 'Subject', 'Message-ID', 'In-Reply-To', 'References', 'Importance'].map((name) => [name, headerOf(raw, name)]),
    ),
  ).toMatchInlineSnapshot(`
    {
      "From": ""Swarmwatch (resolved)" <alerts@swarm.example.com>",
      "Importance": undefined,
      "In-Reply-To": "<delivery-1@swarm.example.com>",
      "Message-ID": "<delivery-2@swarm.example.com>",
      "References": "<delivery-1@swarm.example.com>",
      "Subject": "Re: [CRITICAL] AgentErrorRateCritical: api-integrator",
    }
  `)
  expect(second).toEqual({ kind: 'delivered', thread })
})

test('each recipient receives a separate mail, with the name from the settings', async () => {
  await using smtp = await openMailServer()
  const recipients = ['ops@example.com', 'Night shift <night@example.com>']
  const channel = mailChannel(smtp.port, { recipients, from: 'Swarm Watch <alerts@swarm.example.com>' })
  await Promise.all(
    recipients.map((recipient, number) => channel.deliver(delivery({ id: `d-${number}`, recipient }), neverAborted)),
  )
  const sorted = smtp.mails.toSorted((a, b) => a.to[0]!.localeCompare(b.to[0]!))
  expect(sorted.map(({ to }) => to)).toEqual([['night@example.com'], ['ops@example.com']])
  expect(headerOf(sorted[0]!.raw, 'to')).toBe('Night shift <night@example.com>')
  expect(headerOf(sorted[0]!.raw, 'from')).toBe('"Swarm Watch (critical)" <alerts@swarm.example.com>')
})

test('line ends in a title or a label become no header, and no label becomes an address', async () => {
  await using smtp = await openMailServer()
  const evil = 'x\r\nBcc: evil@example.com\r\n\r\nRCPT TO:<evil@example.com>'
  const notice = {
    ...sampleNotices.firing,
    title: evil,
    alerts: [sampleAlert(evil, { labels: { alertname: evil, agent_name: evil, to: evil } })],
  }
  await mailChannel(smtp.port).deliver(delivery({ notice }), neverAborted)
  expect(smtp.mails[0]!.to).toEqual(['ops@example.com'])
  expect(headerNames(smtp.mails[0]!.raw)).not.toContain('Bcc')
  expect(headerOf(smtp.mails[0]!.raw, 'subject')).toContain('[CRITICAL] x Bcc: evil@example.com RCPT TO:')
})

test('only urgent mails are marked as urgent', async () => {
  await using smtp = await openMailServer()
  const channel = mailChannel(smtp.port)
  for (const notice of [sampleNotices.firing, sampleNotices.resolved, sampleNotices.event, sampleNotices.digest]) {
    await channel.deliver(delivery({ notice }), neverAborted)
  }
  expect(smtp.mails.map(({ raw }) => headerOf(raw, 'importance'))).toEqual(['High', undefined, undefined, undefined])
})

test('a sender whose domain is not ASCII has message ids in ASCII', async () => {
  await using smtp = await openMailServer()
  const from = 'Swarm {{ .X }} <alerts@b\u00FCcher.example>'
  expect(await mailChannel(smtp.port, { from }).deliver(delivery(), neverAborted)).toMatchObject({ kind: 'delivered' })
  const [mail] = smtp.mails
  expect(headerOf(mail!.raw, 'message-id')).toMatch(/^<[\w-]+@xn--bcher-kva\.example>$/)
  expect(headerOf(mail!.raw, 'list-id')).toBe('Swarmwatch alerts <swarmwatch.xn--bcher-kva.example>')
  expect(headerOf(mail!.raw, 'from')).toMatch(/<alerts@xn--bcher-kva\.example>$/)
})
