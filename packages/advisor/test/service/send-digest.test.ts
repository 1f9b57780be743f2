import { Secret } from '@swarmwatch/config'
import { openHttpServer } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import type { Report } from '../../src/report/report.ts'
import { sendDigest } from '../../src/service/send-digest.ts'

const secret = 'token-that-no-reason-may-contain'
const advice: Report['advice'] = [
  { advice: 'failed_work', agentName: 'writer', usdPerMonth: 12.4, evidence: '5 of 9 runs failed.', fix: 'Fix it.' },
  { advice: 'low_cache_share', agentName: undefined, usdPerMonth: 30.3, evidence: '1 % was cached.', fix: 'Cache it.' },
]

function reportAt(at: string, findings = advice): Report {
  return {
    at,
    history: { hours: 1, gapHours: 0, agents: 1 },
    notices: [],
    forecasts: [],
    capacity: { resources: [], autoscaling: undefined },
    month: undefined,
    advice: findings,
    costParts: [],
  }
}

test('a digest has the findings with their sum, and the same key from Monday to Sunday only', async () => {
  await using bridge = await openHttpServer()
  const to = { bridgeUrl: `${bridge.url}/base/`, bridgeToken: new Secret(secret) }
  const days = ['2026-11-01T23:59:59Z', '2026-11-02T00:00:00Z', '2026-11-08T23:59:59Z', '2026-11-09T00:00:00Z']
  for (const at of days) expect(await sendDigest(reportAt(at), to)).toEqual({ kind: 'sent' })
  const events = bridge.requests.map(({ body }) => JSON.parse(body) as Record<string, string>)
  expect(bridge.requests[0]).toMatchObject({ path: '/base/api/v1/events', headers: { authorization: `Bearer ${secret}` } })
  expect(events[0]).toMatchObject({
    title: 'Cost advice: 2 findings would save about 43 USD a month',
    text: [
      '- 12.40 USD a month, writer: failed_work. 5 of 9 runs failed. Fix it.',
      '- 30.30 USD a month, low_cache_share. 1 % was cached. Cache it.',
    ].join('\n'),
  })
  const [sunday, monday, nextSunday, nextMonday] = events.map(({ key }) => key)
  expect(monday).toBe(nextSunday)
  expect(new Set([sunday, monday, nextMonday]).size).toBe(3)
})

test('without advice or without a bridge nothing is sent', async () => {
  await using bridge = await openHttpServer()
  const to = { bridgeUrl: bridge.url, bridgeToken: new Secret(secret) }
  expect(await sendDigest(reportAt('2026-11-02T00:00:00Z', []), to)).toEqual({ kind: 'nothing' })
  const nowhere = { bridgeUrl: undefined, bridgeToken: undefined }
  expect(await sendDigest(reportAt('2026-11-02T00:00:00Z'), nowhere)).toEqual({ kind: 'nothing' })
  expect(bridge.requests).toEqual([])
})

test.for([
  ['refuses', 401, 'does not accept the digest (401)'],
  ['hangs', undefined, 'cannot be reached'],
] as const)('a bridge that %s is one sentence without the token', async ([, status, sentence]) => {
  await using bridge = await openHttpServer((_request, response) => {
    if (status !== undefined) response.writeHead(status).end()
  })
  const to = { bridgeUrl: bridge.url, bridgeToken: new Secret(secret) }
  const result = await sendDigest(reportAt('2026-11-02T00:00:00Z'), to, { timeoutMs: status === undefined ? 50 : 30_000 })
  const reason = result.kind === 'failed' ? result.reason : ''
  expect(reason).toContain(sentence)
  expect(reason).not.toContain(secret)
})
