import { Secret } from '@swarmwatch/config'
import { eventually, headerOf, openHttpServer, openMailServer, type ReceivedMail } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import type { Channel, Delivery } from '../../src/channels/channel.ts'
import { openSlackChannel } from '../../src/channels/slack/slack-channel.ts'
import { plainText } from '../../src/message/message-content.ts'
import type { Notice, NoticeChart } from '../../src/message/notice.ts'
import { answerWith } from '../channels/fake-http.ts'
import { fakeSlack, type FakeSlack } from '../channels/fake-slack.ts'
import { mailChannel } from '../channels/mail-channel.ts'
import { firing } from '../helpers/alert-groups.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { sampleNotices } from '../message/sample-notices.ts'

const signal = new AbortController().signal
const png = Buffer.from(`\x89PNG${'chart'.repeat(20_000)}`, 'latin1')
const chart: NoticeChart = { png, title: 'Failed runs: writer', text: 'Chart of "Failed runs" <writer>: last 62%.' }
const withChart: Notice = { ...sampleNotices.firing, chart }
const delivery = (more: Partial<Delivery> = {}): Delivery => ({
  id: 'd-1',
  recipient: 'ops@example.com',
  notice: withChart,
  ...more,
})

/** The parts of a mail by their type, without the multiparts. */
function partsOf({ raw }: ReceivedMail): ReadonlyMap<string, { readonly head: string; readonly body: string }> {
  const boundaries = [...raw.matchAll(/boundary="?([^"\s;]+)/g)].map(([, boundary]) => boundary!)
  const pieces = boundaries.reduce((texts, boundary) => texts.flatMap((text) => text.split(`--${boundary}`)), [raw])
  return new Map(
    pieces.flatMap((piece) => {
      const [head = '', ...rest] = piece.trimStart().split('\r\n\r\n')
      const type = headerOf(`${head}\r\n\r\n`, 'content-type')?.trim().split(';', 1)[0]
      return type === undefined || type.startsWith('multipart') ? [] : [[type, { head, body: rest.join('\r\n\r\n') }]]
    }),
  )
}

const fromQuoted = (text: string): string => text.replaceAll('=\r\n', '').replaceAll('=3D', '=')

test('a mail contains the chart itself and its description; its text is that of a mail without', async () => {
  await using smtp = await openMailServer()
  expect(await mailChannel(smtp.port).deliver(delivery(), signal)).toMatchObject({ kind: 'delivered' })
  const parts = partsOf(smtp.mails[0]!)
  const image = parts.get('image/png')!
  expect(image.head).toMatch(/Content-ID: <chart@swarmwatch>/i)
  expect(image.head).toMatch(/Content-Disposition: inline/i)
  expect(Buffer.from(image.body, 'base64').equals(png)).toBe(true)
  const html = fromQuoted(parts.get('text/html')!.body)
  expect(html).toContain(
    '<img src="cid:chart@swarmwatch" alt="Chart of &quot;Failed runs&quot; &lt;writer&gt;: last 62%." width="600" height="200"',
  )
  const text = fromQuoted(parts.get('text/plain')!.body)
  expect(text.replaceAll('\r\n', '\n')).toContain(plainText(sampleNotices.firing).text)
})

test('a mail that the server refuses is sent again without the chart, and delivered once', async () => {
  const seen: number[] = []
  await using smtp = await openMailServer({
    onData(stream, _, done) {
      let size = 0
      stream.on('data', (chunk: Buffer) => (size += chunk.length))
      stream.on('end', () => {
        seen.push(size)
        done(size > 50_000 ? Object.assign(new Error('too large'), { responseCode: 552 }) : null)
      })
    },
  })
  expect(await mailChannel(smtp.port).deliver(delivery(), signal)).toMatchObject({ kind: 'delivered' })
  expect(seen.map((size) => size > 50_000)).toEqual([true, false])
})

async function bot(write: (line: string) => void = () => {}): Promise<{ slack: FakeSlack; channel: Channel }> {
  const slack = await fakeSlack()
  onTestFinished(() => slack[Symbol.asyncDispose]())
  const settings = { type: 'slack', name: 'slack', severities: ['critical'], fallback: false, quietHours: undefined } as const
  const channel = openSlackChannel(
    { ...settings, botToken: new Secret('xoxb-secret-1'), channel: 'C1', apiUrl: slack.apiUrl },
    { write },
  )
  onTestFinished(() => channel.close())
  return { slack, channel }
}
const toSlack = (more: Partial<Delivery> = {}): Delivery => delivery({ recipient: 'C1', ...more })

test('a bot uploads the chart to the thread of the message, and later ones after their replies', async () => {
  const { slack, channel } = await bot()
  const { thread } = (await channel.deliver(toSlack(), signal)) as { thread: unknown }
  await eventually('the chart', () => slack.files.length === 1)
  expect(slack.files[0]).toEqual({ bytes: png, title: chart.title, alternative: chart.text, channel: 'C1', threadTs: '1.000100' })
  expect(slack.calls()).toEqual(['chat.postMessage', 'files.getUploadURLExternal', '/upload/F1', 'files.completeUploadExternal'])
  expect(slack.http.seen[1]!.headers).toMatchObject({
    authorization: 'Bearer xoxb-secret-1',
    'content-type': 'application/x-www-form-urlencoded',
  })
  // the address itself is the permission
  expect(slack.http.seen[2]!.headers.authorization).toBeUndefined()

  await channel.deliver(toSlack({ id: 'd-2', notice: { ...withChart, kind: 'repeat' }, thread }), signal)
  await eventually('the second chart', () => slack.files.length === 2)
  expect(slack.files[1]!.threadTs).toBe('1.000100')
})

test.each([
  [
    'has no scope for files',
    answerWith(200, { ok: false, error: 'missing_scope' }),
    'missing_scope: the bot needs the scope files:write',
  ],
  ['fails', answerWith(500, 'oops'), 'HTTP 500'],
  [
    'names no address',
    answerWith(200, { ok: true, file_id: 'F1', upload_url: 'ftp://files.example.com' }),
    'the answer has no address for the upload',
  ],
] as const)('a bot that %s delivers the message once, and logs one line', async (_, fault, reason) => {
  const lines: string[] = []
  const { slack, channel } = await bot((line) => void lines.push(line))
  const post = answerWith(200, { ok: true, channel: 'C1', ts: '1.000100' })
  for (const id of ['d-1', 'd-2']) {
    slack.faults.push(post, fault)
    expect(await channel.deliver(toSlack({ id }), signal)).toMatchObject({ kind: 'delivered' })
    await eventually('the attempt', () => slack.faults.length === 0)
  }
  await eventually('the line', () => lines.length > 0)
  expect(slack.calls()).toEqual(Array(2).fill(['chat.postMessage', 'files.getUploadURLExternal']).flat())
  expect(lines).toEqual([
    `[BRIDGE] a chart could not be uploaded to the channel "slack" (${reason}); messages are sent without a chart`,
  ])
})

test('a message whose arrival was unknown and that is found has no second chart', async () => {
  const { slack, channel } = await bot()
  await channel.deliver(toSlack(), signal)
  await eventually('the chart', () => slack.files.length === 1)
  await channel.deliver(toSlack({ mayHaveArrived: true }), signal)
  expect(slack.calls().slice(4)).toEqual(['conversations.history'])
})

test('a message does not wait for a bot whose upload hangs', async () => {
  const { slack, channel } = await bot()
  slack.faults.push(answerWith(200, { ok: true, channel: 'C1', ts: '1.000100' }), () => {})
  expect(await channel.deliver(toSlack(), signal)).toMatchObject({ kind: 'delivered' })
  await eventually('the upload', () => slack.calls().includes('files.getUploadURLExternal'))
})

test('a bridge with PROMETHEUS_URL asks it once for the chart of all recipients, also when a mail is sent again', async () => {
  const prometheus = await openHttpServer((_, response) => {
    const values = [0, 0.3, 0.6].map((value, index) => [Date.now() / 1000 - 60 + index * 30, String(value)])
    const body = { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  onTestFinished(() => prometheus.close())
  let isBusy = true
  await using smtp = await openMailServer({
    onMailFrom(_, __, done) {
      const wasBusy = isBusy
      isBusy = false
      done(wasBusy ? Object.assign(new Error('busy'), { responseCode: 451 }) : null)
    },
  })
  const bridge = await startedBridge({
    channels: [
      {
        routed: {
          type: 'email',
          channel: mailChannel(smtp.port),
          severities: ['warning'],
          fallback: false,
          quietHours: undefined,
        } as never,
      },
    ],
    times: { backoffMs: 50 },
    settings: { prometheusUrl: prometheus.url, prometheusUser: 'swarmwatch', prometheusPassword: new Secret('a-password') },
  })
  const group = firing({ startsAt: new Date(Date.now() - 60_000).toISOString() })
  const annotations = {
    ...group.alerts[0]!.annotations,
    __chart_query: 'ratio',
    __chart_title: 'Failed runs',
    __chart_unit: 'ratio',
  }
  await bridge.post('/api/v1/alerts', { ...group, alerts: [{ ...group.alerts[0]!, annotations }] })
  await eventually('two mails', () => smtp.mails.length === 2)
  for (const mail of smtp.mails) {
    const parts = partsOf(mail)
    expect(Buffer.from(parts.get('image/png')!.body, 'base64').subarray(1, 4).toString()).toBe('PNG')
    expect(fromQuoted(parts.get('text/html')!.body)).toContain('alt="Chart of Failed runs: planner, from')
    expect(parts.get('text/plain')!.body).not.toContain('__chart')
  }
  expect(prometheus.requests).toHaveLength(1)
  expect(prometheus.requests[0]!.headers.authorization).toBe(`Basic ${Buffer.from('swarmwatch:a-password').toString('base64')}`)
})
