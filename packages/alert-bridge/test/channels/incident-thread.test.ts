import { Secret, type AlertChannel } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { startService } from '../../src/start-service.ts'
import { firing, resolved } from '../helpers/alert-groups.ts'
import { token } from '../helpers/token.ts'
import { answerWith, fakeHttp, type SeenRequest } from './fake-http.ts'

const base = { severities: ['critical', 'warning', 'info'], fallback: false, quietHours: undefined } as const

test('an incident keeps its first message, its key and its place over a restart of the bridge', async () => {
  const http = await fakeHttp((request, response) => {
    const isTelegram = request.path.startsWith('/bot')
    const isPagerduty = request.path.startsWith('/v2/')
    const body = isTelegram ? { ok: true, result: { message_id: 7 } } : isPagerduty ? { status: 'success' } : { id: '77' }
    answerWith(isPagerduty ? 202 : 200, body)(request, response)
  })
  onTestFinished(() => http[Symbol.asyncDispose]())
  const channels: AlertChannel[] = [
    { ...base, type: 'discord', name: 'discord', webhook: new Secret(`${http.url}/api/webhooks/1/abcdefgh`) },
    { ...base, type: 'ntfy', name: 'ntfy', url: new Secret(`${http.url}/alerts-7hg2`), token: undefined },
    { ...base, type: 'pagerduty', name: 'pagerduty', routingKey: new Secret('abcdefgh'), apiUrl: http.url },
    { ...base, type: 'telegram', name: 'telegram', botToken: new Secret('1:abcdefgh'), chat: '-100', apiUrl: http.url },
  ]
  const settings = {
    port: 0,
    host: '127.0.0.1',
    tokens: [new Secret(token)],
    dataDir: temporaryFolder(),
    heartbeatUrl: undefined,
    watchdogSeconds: 0,
    channels,
    style: { timeZone: 'Europe/Berlin', titleTemplate: 'Hilfe: {{ names }}' },
    notices: [],
  }

  /** A bridge that delivers the group through every channel, and ends. */
  async function deliver(group: object, requests: number): Promise<void> {
    const service = await startService(settings, { write: () => {} })
    const answer = await fetch(`http://127.0.0.1:${service.port}/api/v1/alerts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(group),
    })
    expect(answer.status).toBe(200)
    await eventually('every request', () => http.seen.length === requests)
    await eventually('every delivery to be marked', async () =>
      (await service.core.store.list({})).every(({ state }) => state !== 'pending'),
    )
    await service.stop()
  }

  await deliver(firing(), 4)
  await deliver(resolved(), 4 + 6)

  const sent = (test: (request: SeenRequest) => boolean): SeenRequest[] => http.seen.filter(test)
  const discord = sent(({ path }) => path.startsWith('/api/webhooks/'))
  expect(discord.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST'])
  expect(discord[1]!.path).toBe('/api/webhooks/1/abcdefgh/messages/77')
  const telegram = sent(({ path }) => path.startsWith('/bot'))
  expect(telegram.map(({ path, json }) => [path.split('/').at(-1), json['message_id'] ?? null])).toEqual([
    ['sendMessage', null],
    ['editMessageText', 7],
    ['sendMessage', null],
  ])
  const pagerduty = sent(({ path }) => path === '/v2/enqueue').map(({ json }) => json)
  expect(pagerduty.map((json) => json['event_action'])).toEqual(['trigger', 'resolve'])
  expect(new Set(pagerduty.map((json) => json['dedup_key'])).size).toBe(1)
  const ntfy = sent(({ path }) => path === '/').map(({ json }) => json)
  expect(new Set(ntfy.map((json) => json['sequence_id'])).size).toBe(1)
  // the style of the settings
  expect(ntfy.map((json) => json['title'])).toEqual(['WARNING - Hilfe: planner', 'RESOLVED - Hilfe: planner'])
  for (const { body } of telegram) expect(body).toContain('UTC+01:00')
})
