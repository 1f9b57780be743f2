import { test as property } from '@fast-check/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import { openTeamsChannel, teamsMessage, type TeamsChannelSettings } from '../../src/channels/teams/teams-channel.ts'
import type { Notice } from '../../src/message/notice.ts'
import { anyGroupNotice, anyNotice } from '../message/any-notice.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { planted } from './drivers/channel-driver.ts'
import { fakeHttp, neverAnswers, resets, resetsMidBody, answerWith, type Answer, type FakeHttp } from './fake-http.ts'

const neverAborted = new AbortController().signal

async function deliverTo(
  http: FakeHttp,
  notice: Notice = sampleNotices.firing,
  more: Partial<TeamsChannelSettings> = {},
): Promise<DeliveryResult> {
  const webhook = new Secret(`${http.url}/workflows/${planted[0]}/triggers/manual/paths/invoke?api-version=1&sig=${planted[1]}`)
  const channel = openTeamsChannel({ name: 'teams', webhook, ...more })
  const result = await channel.deliver({ id: 'delivery-1', recipient: 'teams', notice }, neverAborted)
  await channel.close()
  return result
}

async function answered(answer: Answer, more: Partial<TeamsChannelSettings> = {}): Promise<DeliveryResult> {
  await using http = await fakeHttp(answer)
  return await deliverTo(http, sampleNotices.firing, more)
}

test('a critical alert is sent as this card', async () => {
  await using http = await fakeHttp(answerWith(202))
  expect(await deliverTo(http)).toEqual({ kind: 'delivered' })
  expect(http.seen).toHaveLength(1)
  const { headers, path, json } = http.seen[0]!
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  expect(path).toBe(`/workflows/${planted[0]}/triggers/manual/paths/invoke?api-version=1&sig=${planted[1]}`)
  expect(json).toMatchSnapshot()
})

test.each([
  ['critical', 'firing', 'Attention'],
  ['warning', 'firing', 'Warning'],
  ['info', 'firing', 'Accent'],
  ['critical', 'resolved', 'Good'],
  ['critical', 'summary', 'Good'],
] as const)('the headline of a %s notice that is %s has the color %s', (severity, kind, color) => {
  const [title] = cardOf({ ...sampleNotices.firing, severity, kind }).body
  expect(title).toMatchObject({ inlines: [{ weight: 'Bolder', size: 'Large', color }] })
})

test.each<[string, Answer]>([
  ['202 with an empty body, as workflows send', answerWith(202)],
  ['200 with 1, as connectors send', answerWith(200, '1')],
  ['200 with an empty body', answerWith(200)],
])('%s is success', async (_, answer) => {
  expect(await answered(answer)).toEqual({ kind: 'delivered' })
})

const codeOf = (code: unknown) => ({ error: { code } })
const refusal = (status: number): string =>
  `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${status} with ContextId tcid=0`

test.each<[string, Answer, Partial<DeliveryResult>]>([
  [
    '429 waits as long as Microsoft asks for',
    answerWith(429, '', { 'retry-after': '17' }),
    { kind: 'retry', retryAfterSeconds: 17 },
  ],
  ['412 is throttling too', answerWith(412), { kind: 'retry', reason: 'Teams answered 412' }],
  ['200 that reports HTTP error 412', answerWith(200, refusal(412)), { kind: 'retry' }],
  ['500 may have arrived', answerWith(500), { kind: 'retry', unknown: true }],
  ['502 may have arrived', answerWith(502, '<html>bad gateway</html>'), { kind: 'retry', unknown: true }],
  ['503 has not arrived', answerWith(503), { kind: 'retry', reason: 'Teams answered 503' }],
  ['a workflow that was deleted', answerWith(404, { error: { code: 'WorkflowNotFound' } }), { kind: 'channel-down' }],
  [
    'a workflow that is turned off',
    answerWith(400, { error: { code: 'WorkflowTriggerIsNotEnabled' } }),
    { kind: 'channel-down' },
  ],
  [
    'a workflow for users of the tenant only',
    answerWith(401, { error: { code: 'DirectApiRequestHasMoreThanOneAuthorization' } }),
    { kind: 'channel-down' },
  ],
  ['a signature that is no longer valid', answerWith(403), { kind: 'channel-down' }],
  ['a choice of addresses', answerWith(300), { kind: 'channel-down' }],
  ['a redirect', answerWith(302, '', { location: 'https://example.com' }), { kind: 'channel-down' }],
  ['a code that begins like one of a workflow', answerWith(400, codeOf('WorkflowNotFoundYet')), { kind: 'undeliverable' }],
  ['a code that ends like one of a workflow', answerWith(400, codeOf('CardWorkflowNotFound')), { kind: 'undeliverable' }],
  ['a code that is no text', answerWith(400, codeOf(['WorkflowNotFound'])), { kind: 'undeliverable' }],
  ['400 for the card', answerWith(400, 'Bad payload received by generic incoming webhook.'), { kind: 'undeliverable' }],
  ['413', answerWith(413), { kind: 'undeliverable' }],
  ['200 that reports HTTP error 429', answerWith(200, refusal(429)), { kind: 'retry' }],
  ['200 that reports HTTP error 413', answerWith(200, refusal(413)), { kind: 'undeliverable' }],
  ['200 that reports HTTP error 404', answerWith(200, refusal(404)), { kind: 'channel-down' }],
  [
    '200 with an error without a status',
    answerWith(200, 'Connector configuration not found'),
    { kind: 'retry', unknown: true, reason: 'Teams answered 500: Connector configuration not found' },
  ],
  ['200 with a page for maintenance', answerWith(200, '<html>maintenance</html>'), { kind: 'retry', unknown: true }],
  ['a reset connection', resets, { kind: 'retry', unknown: true }],
  ['a reset in the middle of the answer', resetsMidBody, { kind: 'retry', unknown: true }],
])('%s is classified', async (_, answer, expected) => {
  expect(await answered(answer)).toMatchObject(expected)
})

test.each([408, 429, 503])('a message that is refused with %i has not arrived', async (status) => {
  expect(await answered(answerWith(status))).toEqual({ kind: 'retry', reason: `Teams answered ${status}` })
})

test('a server that never answers is given up after the time limit', async () => {
  expect(await answered(neverAnswers, { timeoutMs: 100 })).toMatchObject({ kind: 'retry', unknown: true })
})

test('a card that Teams refuses is sent again with the headline and the first link only', async () => {
  await using http = await fakeHttp(answerWith(400, 'Bad payload'))
  http.answers = [answerWith(400, 'Bad payload'), answerWith(202)]
  expect(await deliverTo(http)).toEqual({ kind: 'delivered' })
  expect(http.seen).toHaveLength(2)
  const { body } = (http.seen[1]!.json as unknown as ReturnType<typeof teamsMessage>).attachments[0].content
  expect(body.map(({ type }) => type)).toEqual(['RichTextBlock', 'ActionSet'])
})

test.each([
  ['a link but no first step', { dashboard: 'https://example.com/d' }, ['Dashboard at that time']],
  ['no link', {}, []],
] as const)('a card with %s that Teams refuses is sent again with what it has', async (_, links, titles) => {
  await using http = await fakeHttp(answerWith(400, 'Bad payload'))
  await deliverTo(http, { ...sampleNotices.event, links })
  const card = (http.seen[1]!.json as unknown as ReturnType<typeof teamsMessage>).attachments[0].content
  expect(textsOf(card)).toHaveLength(1)
  const actions = card.body.flatMap((element) => (element.type === 'ActionSet' ? element.actions : []))
  expect(actions.map(({ title }) => title)).toEqual(titles)
})

test('shows external text unchanged: a card has no Markdown, no mention and no function', () => {
  const nasty = '[click](https://evil.example.com) **bold** <at>everyone</at> {{{DATE(2026-11-24T02:13:05Z)}}'
  const card = cardOf({ ...sampleNotices.firing, title: nasty, text: nasty, kind: 'meta' })
  const json = JSON.stringify(card)
  expect(json).not.toMatch(/TextBlock"(?<!RichTextBlock")|"FactSet"|"entities"|\{\{/)
  expect(textsOf(card)[0]).toContain('[click](https://evil.example.com) **bold** <at>everyone</at> { { {DATE(')
})

test('a text with more lines than fit ends in three dots', () => {
  const text = Array.from({ length: 300 }, (_, index) => `${index}`).join('\n')
  const texts = textsOf(cardOf({ ...sampleNotices.firing, kind: 'meta', text, alerts: [] }))
  const last = texts.indexOf('...')
  expect(last).toBeGreaterThan(20)
  expect(texts[last - 1]).toMatch(/^\d+$/)
})

/** The body of a card without title, for a message whose text has these lines. */
const textLines = (...lines: string[]): string[] =>
  textsOf(cardOf({ ...sampleNotices.firing, kind: 'event', text: lines.join('\n'), alerts: [], links: {} })).slice(1)
/** Bytes of an element with its comma, in a string of JSON as Teams stores it. */
const bytesOf = (element: unknown): number =>
  Buffer.byteLength(JSON.stringify(JSON.stringify(element))) - '""'.length + ','.length

test('blank lines are left out', () => {
  expect(textLines('one', ' ', '', 'two').slice(0, 2)).toEqual(['one', 'two'])
})

test('a line of 2,000 bytes is whole, a longer one is cut to them and ends in three dots', () => {
  const twoBytes = (count: number): string => '\u00E9'.repeat(count)
  expect(textLines(twoBytes(1_000))[0]).toBe(twoBytes(1_000))
  expect(textLines(`a${twoBytes(1_000)}`)[0]).toBe(`a${twoBytes(998)}...`)
})

test('a text may fill its 4,000 bytes, and not one byte more', () => {
  const frame = bytesOf({ type: 'RichTextBlock', spacing: 'None', inlines: [{ type: 'TextRun', text: '' }] })
  const line = (bytes: number): string => 'x'.repeat((bytes - frame) % 2) + '\u00E9'.repeat((bytes - frame) / 2)
  const first = Array.from({ length: 19 }, () => line(200))
  expect(textLines(...first, line(200)).slice(0, 20)).toEqual([...first, line(200)])
  expect(textLines(...first, line(201)).slice(0, 20)).toEqual([...first, '...'])
})

test('each of twenty long alerts has a twentieth of 6,500 bytes', () => {
  const alerts = Array.from({ length: 20 }, (_, index) => ({
    status: 'firing' as const,
    labels: { alertname: 'DiskFull', instance: `db-${index}` },
    annotations: { description: `${index}${'x'.repeat(3_000)}` },
    startsAt: '2026-11-24T02:13:05Z',
  }))
  const elements = cardOf({ ...sampleNotices.firing, alerts, links: {} }).body.filter(
    (element) => element.type === 'RichTextBlock' && element.inlines[0]!.text.startsWith('- '),
  )
  // The first has space above
  expect(elements.slice(1).map(bytesOf)).toEqual(Array(19).fill(325))
})

test('more than six links are in two sets, because Teams shows six of each', () => {
  const links = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`link ${index}`, `https://example.com/${index}`]))
  const sets = cardOf({ ...sampleNotices.firing, links }).body.filter((element) => element.type === 'ActionSet')
  expect(sets.map(({ actions }) => actions.length)).toEqual([6, 4])
})

property.prop([anyNotice])('any notice is a card of less than 21,000 bytes with valid links', (notice) => {
  const message = teamsMessage(notice)
  const json = JSON.stringify(message)
  expect(Buffer.byteLength(json)).toBeLessThan(21_000)
  expect(json.isWellFormed()).toBe(true)
  expect(json).not.toContain('{{')
  const { body } = message.attachments[0].content
  for (const element of body) {
    if (element.type === 'ActionSet') {
      expect(element.actions.length).toBeLessThanOrEqual(6)
      for (const { title, url } of element.actions)
        expect([title !== '', /^https?:\/\/[^\s<>"']+$/.test(url)]).toEqual([true, true])
    } else for (const { text } of element.inlines) expect(text).not.toBe('')
  }
})

/** A workflow answers 202 before Teams refuses a card that is too large, so no answer reports it. */
test.each(['"', '\\', '{"a":"b"},', '\u{1F600}', '\u4E2D', 'a"\n'])('a card full of %j fits also as Teams stores it', (text) => {
  const many = (count: number): string => text.repeat(count)
  const alerts = Array.from({ length: 30 }, (_, index) => ({
    status: 'firing' as const,
    labels: { alertname: many(500), agent_id: `${many(90)}${index}`, severity: many(40) },
    annotations: {
      summary: many(10_000),
      description: `${index}${many(5_000)}`,
      ...Object.fromEntries(Array.from({ length: 20 }, (_annotation, key) => [`key_${key}`, many(3_000)])),
    },
    startsAt: '2026-11-24T02:13:05Z',
  }))
  const links = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`${index}${many(60)}`, `https://example.com/${'x'.repeat(500)}`]),
  )
  for (const some of [alerts, alerts.slice(0, 1)]) {
    const message = teamsMessage({ ...sampleNotices.firing, title: many(500), text: many(3_000), alerts: some, links })
    // Teams takes 28,672 bytes; a workflow adds its own text
    expect(Buffer.byteLength(JSON.stringify(JSON.stringify(message)))).toBeLessThan(23_000)
  }
})

property.prop([anyGroupNotice])('of alerts that fill the card, every one that is listed has a line', (notice) => {
  const alerts = Array.from({ length: 20 }, (_, index) => ({
    status: 'firing' as const,
    labels: { alertname: 'DiskFull', instance: `${'\u{1F600}'.repeat(50)}-${index}` },
    annotations: { summary: 'x'.repeat(5_000), description: `${index}${'"'.repeat(3_000)}` },
    startsAt: '2026-11-24T02:13:05Z',
  }))
  const message = teamsMessage({ ...notice, kind: 'firing', alerts })
  expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(21_000)
  const lines = textsOf(message.attachments[0].content).filter((text) => /^- (#[0-9a-f]{6} )?DiskFull/.test(text))
  expect(new Set(lines).size).toBe(20)
})

function cardOf(notice: Notice): ReturnType<typeof teamsMessage>['attachments'][0]['content'] {
  return teamsMessage(notice).attachments[0].content
}

function textsOf({ body }: ReturnType<typeof cardOf>): string[] {
  return body.flatMap((element) => (element.type === 'ActionSet' ? [] : [element.inlines.map(({ text }) => text).join('')]))
}
