import { expect, test } from 'vitest'

import { shownText } from '../../src/status-page/format.ts'
import { pageRequests } from './page-requests.ts'
import { failedRun, sampleAgent, sampleAttempt, sampleMetrics, troubledSwarm } from './sample-swarm.ts'

const hostile: Record<string, string> = {
  'a script': '<script>alert(1)</script>',
  'an attribute': '" onmouseover="alert(1)" x=\'',
  'a comment end and an entity': '--> &lt;b&gt; ]]> </title></style>',
  'a megabyte': 'x'.repeat(2 ** 20),
  'a megabyte of direction marks': '\u202e'.repeat(2 ** 20),
  'control characters': 'a\u0000b\u001b[31mc\u0007\u009b',
  'direction marks': 'invoice\u202efdp.exe\u2066\u200f',
  'half a letter': 'a\ud800b',
  'line separators': 'a\u2028b\u2029c\r\nd: e\n\nevent: page',
  'a pile of accents': `o${'\u0301'.repeat(200)}`,
}

test.each([
  ['invoice\u202efdp.exe', 'invoice[U+202E]fdp.exe'],
  ['a\u0000b\u001b[31m', 'a[U+0000]b[U+001B][31m'],
  ['a\ud800b', 'a[U+D800]b'],
  ['two\nlines\tapart', 'two lines apart'],
  ['o\u0301\u0301\u0301\u0301\u0301', 'o\u0301\u0301\u0301'],
  ['Grüße, 世界, שלום', 'Grüße, 世界, שלום'],
  ['x'.repeat(21), `${'x'.repeat(20)}...`],
  ['\u202e'.repeat(30), `${'[U+202E]'.repeat(5)}...`],
])('shows %j as %j', (text, shown) => {
  expect(shownText(text, 20)).toBe(shown)
})

function request(text: string): ReturnType<typeof pageRequests> {
  const attempts = [sampleAttempt({ outcome: 'failure', errorType: text, errorMessage: `other ${text}` })]
  const run = failedRun({ id: text, agentName: text, variant: text, errorType: text, errorMessage: text, attempts })
  return pageRequests({
    serviceName: text,
    metrics: () => sampleMetrics({ agents: [sampleAgent(text)], recent: [run] }),
    active: () => [
      { ...run, state: 'waiting', nextAttemptAt: 1 },
      { ...run, id: 'run-2', state: 'running', paused: { reason: text, since: 1 } },
    ],
    alerts: () => [
      { ...troubledSwarm().alerts!()[0]!, name: text, summary: text, severity: text as 'info', state: text as 'firing' },
    ],
  })
}

const forbidden = /[^\P{Cc}\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]|\p{Cs}|\p{M}{4}/u

test.each(Object.entries(hostile))('%s does no harm on the page', async (_name, text) => {
  const html = await (await request(text)('/')).text()
  expect(html.length).toBeLessThan(40_000)
  expect(html).not.toMatch(forbidden)
  expect(html.match(/<script/g)).toHaveLength(1)
  // Every tag is one of ours: what is between its quotes holds no quote, and no name begins with
  // "on"
  for (const tag of html.match(/<[a-z][^>]*>/gi) ?? [])
    expect(tag).toMatch(/^<[a-z][a-z0-9]*( (?!on)[a-z-]+(="[^"<>]*")?)*\/?>$/i)
})

test.each(Object.entries(hostile))('%s does no harm in JSON', async (_name, text) => {
  for (const path of ['/api/executions', '/api/agents']) {
    const body = await (await request(text)(path)).text()
    expect(body.length).toBeLessThan(10_000)
    expect(JSON.stringify(JSON.parse(body))).not.toMatch(forbidden)
  }
})

test.each(Object.entries(hostile))('%s does no harm in the events', async (_name, text) => {
  const reader = (await request(text)('/events')).body!.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  const event = new TextDecoder().decode(value)
  expect(event).toMatch(/^retry: 2000\nevent: page\ndata: \{.*\}\n\n$/)
  expect(event).not.toMatch(forbidden)
})
