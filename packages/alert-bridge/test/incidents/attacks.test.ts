import { fc, test as property } from '@fast-check/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { readActionToken } from '../../src/incidents/action-links.ts'
import { signValue } from '../../src/incidents/signed-values.ts'
import { type BridgeForPeople, bridgeForPeople, linkOf, linkSecret, type Message, onCallToken } from './bridge-for-people.ts'

const alertmanagerUrls = [new Secret('http://127.0.0.1:9')]
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'&\r\nSet-Cookie: a=b`

async function unchanged(bridge: BridgeForPeople, { incidentKey }: Message): Promise<void> {
  expect([(await bridge.incident(incidentKey))?.state, await bridge.history(incidentKey)]).toEqual(['open', []])
}

test('a link without a valid signature, for another action, for another incident or of another secret is refused', async () => {
  const bridge = await bridgeForPeople({ settings: { alertmanagerUrls } })
  const message = await bridge.fire()
  const other = await bridge.fire({ name: 'Other' })
  const link = linkOf(message, 'Acknowledge')
  const [time, key, signature] = link.split('/').at(-1)!.split('.') as [string, string, string]
  const otherKey = linkOf(other, 'Acknowledge').split('/').at(-1)!.split('.')[1]!
  const own = signValue('link', { subject: 'ack', text: message.incidentKey, expiresAt: Date.now() + 60_000 }, [
    new Secret('another secret of 32 characters or more'),
  ])
  const swapped = signature.endsWith('A') ? `${signature.slice(0, -1)}B` : `${signature.slice(0, -1)}A`
  const forged = [
    `ack/${time}.${otherKey}.${signature}`,
    `ack/${time}z.${key}.${signature}`,
    `ack/${time}.${key}.${swapped}`,
    `ack/${time}.${key}.`,
    `ack/${time}.${key}`,
    `ack/${own}`,
    `ack/${linkOf(message, 'Resolve').split('/').at(-1)}`,
    `resolve/${link.split('/').at(-1)}`,
    `silence/${link.split('/').at(-1)}`,
    `ack/${'a'.repeat(900)}`,
    `ack/${encodeURIComponent('../../etc/passwd\0')}`,
  ]
  for (const path of forged) {
    const get = await bridge.open(`${bridge.url}/${path}`)
    expect([path, get.status, get.title]).toEqual([path, 404, 'This link is not valid'])
  }
  // a form of the right page does not help
  const { form = '' } = await bridge.open(link)
  const post = await bridge.open(`${bridge.url}/${forged[0]}`, {
    method: 'POST',
    body: new URLSearchParams({ form, name: 'Eve' }),
  })
  expect([404, 429]).toContain(post.status)
  await unchanged(bridge, message)
  await unchanged(bridge, other)
})

test('a link that has expired is refused with 410, also when its form was opened in time', async () => {
  let now = Date.now()
  const bridge = await bridgeForPeople({ settings: { linkHours: 1 }, now: () => now })
  const message = await bridge.fire()
  const link = linkOf(message, 'Acknowledge')
  const { form = '' } = await bridge.open(link)
  now += 3 * 3_600_000
  const late = [
    await bridge.open(link),
    await bridge.open(link, { method: 'POST', body: new URLSearchParams({ form, name: 'Eve' }) }),
  ]
  expect(late.map(({ status, title }) => [status, title])).toEqual([
    [410, 'This link has expired'],
    [410, 'This link has expired'],
  ])
  await unchanged(bridge, message)
})

test('a link that is used again changes nothing more and shows who was first', async () => {
  const bridge = await bridgeForPeople()
  const message = await bridge.fire()
  const link = linkOf(message, 'Acknowledge')
  const { form = '' } = await bridge.open(link)
  const send = (name: string) => bridge.open(link, { method: 'POST', body: new URLSearchParams({ form, name }) })
  const pages = await Promise.all(['Ana', 'Ben', 'Cem', 'Dia'].map(send))
  pages.push(await send('Eve'))
  expect(pages.map(({ title }) => title).toSorted()).toEqual(['Acknowledged', ...Array(4).fill('Already acknowledged')])
  const history = await bridge.history(message.incidentKey)
  expect(history).toHaveLength(1)
  expect(pages.at(-1)!.text).toContain(`${history[0]!.who} has acknowledged it.`)
})

test('programs that open links, such as scanners of mail, change nothing with GET, HEAD, OPTIONS or an empty POST', async () => {
  const bridge = await bridgeForPeople({ settings: { alertmanagerUrls } })
  const message = await bridge.fire()
  for (const name of ['Acknowledge', 'Silence', 'Resolve'] as const) {
    const link = linkOf(message, name)
    const answers = []
    for (const method of ['GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE']) {
      answers.push((await bridge.open(link, { method })).status)
    }
    expect(answers).toEqual([200, 200, 200, 404, 403, 404, 404])
  }
  await unchanged(bridge, message)
})

test('a form that another site sends, or that is for another link or too old, is refused', async () => {
  let now = Date.now()
  const bridge = await bridgeForPeople({ now: () => now })
  const message = await bridge.fire()
  const link = linkOf(message, 'Acknowledge')
  const { form = '' } = await bridge.open(link)
  const { form: otherForm = '' } = await bridge.open(linkOf(message, 'Resolve'))
  const send = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    bridge.open(link, { method: 'POST', headers, body: new URLSearchParams({ name: 'Eve', ...fields }) })
  const refused = [
    await send({ form }, { 'sec-fetch-site': 'cross-site' }),
    await send({ form }, { 'sec-fetch-site': 'same-site' }),
    await send({ form: otherForm }),
    await send({ form: `${form}x` }),
    await send({}),
  ]
  now += 3_600_001
  refused.push(await send({ form }))
  expect(refused.map(({ status, title }) => `${status} ${title}`)).toEqual(Array(6).fill('403 Not accepted'))
  await unchanged(bridge, message)
})

test('a body that is too large is refused with 413 and a page, and one without a name or with a wrong duration with 422', async () => {
  const bridge = await bridgeForPeople({ settings: { alertmanagerUrls } })
  const message = await bridge.fire()
  const link = linkOf(message, 'Silence')
  const large = await bridge.submit(link, { name: 'x'.repeat(20_000) })
  expect([large.status, large.title]).toEqual([413, 'Too large'])
  const wrong = [
    await bridge.submit(link, { name: ' \t\u202E', minutes: '60', comment: 'x' }),
    await bridge.submit(link, { name: 'Eve', minutes: '999999999', comment: 'x' }),
    await bridge.submit(link, { name: 'Eve', minutes: '60', comment: ' ' }),
  ]
  expect(wrong.map(({ status }) => status)).toEqual([422, 422, 422])
  await unchanged(bridge, message)
})

test('hostile text in every field of an alert and of a person appears as text, and never in a header', async () => {
  const bridge = await bridgeForPeople({ settings: { alertmanagerUrls } })
  const labels = { alertname: hostile, agent_name: hostile, severity: 'critical', [hostile]: hostile }
  const annotations = { summary: hostile, description: hostile, runbook_url: `javascript:${hostile}`, [hostile]: hostile }
  const alert = {
    status: 'firing',
    labels,
    annotations,
    startsAt: '2026-11-24T01:00:00Z',
    generatorURL: `javascript:${hostile}`,
  } as const
  const message = await bridge.fire({
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: annotations,
    alerts: [alert],
  })
  const authorization = `Bearer ${onCallToken}`
  const key = encodeURIComponent(message.incidentKey)
  const pages = [
    await bridge.open(linkOf(message, 'Acknowledge')),
    await bridge.open(linkOf(message, 'Silence')),
    await bridge.submit(linkOf(message, 'Silence'), { name: hostile, minutes: '60', comment: hostile }),
    await bridge.submit(linkOf(message, 'Acknowledge'), { name: hostile }),
    await bridge.open(`${bridge.url}/`, { headers: { authorization } }),
    await bridge.open(`${bridge.url}/incidents/${key}`, { headers: { authorization } }),
    await bridge.open(`${bridge.url}/ack/${encodeURIComponent(hostile)}`),
  ]
  expect(pages.map(({ status }) => status)).toEqual([200, 200, 502, 200, 200, 200, 404])
  for (const { text, headers } of pages) {
    expect(text).not.toMatch(/<script|<img|onerror=alert\(2\)>'|href="javascript/i)
    expect(headers.get('set-cookie')).toBeNull()
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; img-src data:; form-action 'self'/,
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('same-origin')
  }
})

test('an address that guesses gets 429, while the link of another address works', async () => {
  const bridge = await bridgeForPeople({ settings: { trustedProxies: ['127.0.0.1'], userHeader: 'X-Forwarded-User' } })
  const message = await bridge.fire()
  const from = (address: string): RequestInit => ({ headers: { 'x-forwarded-for': address } })
  const statuses: number[] = []
  for (let index = 0; index < 25; index += 1) {
    statuses.push((await bridge.open(`${bridge.url}/ack/guess-${index}`, from('203.0.113.9'))).status)
  }
  expect([statuses.filter((status) => status === 404).length, statuses.at(-1)]).toEqual([20, 429])
  expect((await bridge.submit(linkOf(message, 'Acknowledge'), { name: 'Ana' }, from('203.0.113.10'))).title).toBe('Acknowledged')
  expect((await bridge.history(message.incidentKey))[0]?.detail).toBe('link, from 203.0.113.10')
  // refusals are logged, without the values, and not one by one
  const refusals = bridge.lines.filter((line) => line.includes('refused'))
  expect([refusals.length, refusals.join()]).toEqual([1, expect.not.stringContaining('guess')])
})

test('neither the secret nor the token appears in a message, a page, a log line or an error', async () => {
  const bridge = await bridgeForPeople({ settings: { alertmanagerUrls } })
  const message = await bridge.fire()
  const pages = [
    await bridge.open(linkOf(message, 'Acknowledge')),
    await bridge.open(`${bridge.url}/`),
    await bridge.open(`${bridge.url}/ack/x`),
  ]
  const all = JSON.stringify([message, pages, bridge.lines])
  for (const secret of [linkSecret, onCallToken, Buffer.from(linkSecret).toString('base64')]) expect(all).not.toContain(secret)
})

const secrets = [new Secret(linkSecret)]

property.prop([fc.string({ minLength: 1, maxLength: 60 }), fc.constantFrom('ack', 'silence', 'resolve'), fc.nat(), fc.nat()])(
  'a token is valid for its action and its time only, and no other text is a token',
  (incidentKey, action, position, replacement) => {
    const now = 1_800_000_000_000
    const token = signValue('link', { subject: action, text: incidentKey, expiresAt: now + 60_000 }, secrets)
    const read = (value: string, as: typeof action, at: number): string => readActionToken(value, as, { secrets, now: at }).kind
    expect(readActionToken(token, action, { secrets, now })).toMatchObject({ kind: 'valid', text: incidentKey.toWellFormed() })
    const others = (['ack', 'silence', 'resolve'] as const).filter((one) => one !== action)
    expect(others.map((other) => read(token, other, now))).toEqual(['forged', 'forged'])
    expect([read(token, action, now + 59_999), read(token, action, now + 60_000)]).toEqual(['valid', 'expired'])
    const at = position % token.length
    const changed = `${token.slice(0, at)}${String.fromCodePoint(33 + (replacement % 94))}${token.slice(at + 1)}`
    expect(read(changed, action, now)).toBe(changed === token ? 'valid' : 'forged')
  },
)
