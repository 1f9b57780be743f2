import { Secret } from '@swarmwatch/config'
import { openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { alertmanagerSilences, type Silences } from '../../src/incidents/alertmanager-silences.ts'

const startsAt = '2026-11-24T02:00:00Z'
const endsAt = '2026-11-24T03:00:00Z'
const matchers = [{ name: 'alertname', value: 'AgentFailing' }]
const wish = { matchers, startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt), createdBy: 'Ana', comment: 'a test' }

/** A member of a cluster: its alerts and silences, and the status with which it answers. */
interface Member {
  status: number
  readonly alerts: readonly string[]
  readonly silences: readonly string[]
  /** Method and path of each request. */
  readonly asked: string[]
  readonly url: string
  readonly close: () => Promise<void>
}

async function member(name: string, alerts: readonly string[], silences: readonly string[]): Promise<Member> {
  const state: Pick<Member, 'status' | 'alerts' | 'silences' | 'asked'> = { status: 200, alerts, silences, asked: [] }
  const server = await openHttpServer(({ method, path }, response) => {
    const { pathname } = new URL(path, 'http://alertmanager')
    state.asked.push(`${method} ${pathname}`)
    response.writeHead(state.status, { 'content-type': 'application/json' })
    if (state.status !== 200) response.end(JSON.stringify(`${name} is not well`))
    else if (method === 'POST') response.end(JSON.stringify({ silenceID: `made-by-${name}` }))
    else if (pathname.endsWith('/silences'))
      response.end(JSON.stringify(silences.map((id) => ({ id, status: { state: 'active' }, endsAt, comment: '' }))))
    else {
      const status = { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] }
      response.end(
        JSON.stringify([{ alerts: alerts.map((label) => ({ fingerprint: label, labels: { label }, startsAt, status })) }]),
      )
    }
  })
  onTestFinished(() => server.close())
  return Object.assign(state, { url: server.url, close: () => server.close() })
}

async function cluster(): Promise<{ readonly first: Member; readonly second: Member; readonly silences: Silences }> {
  const first = await member('first', ['a'], ['shared'])
  const second = await member('second', ['b', 'c'], ['shared', 'new'])
  const silences = alertmanagerSilences([new Secret(first.url), new Secret(second.url)], fetch)
  return { first, second, silences }
}

const labelsOf = async (silences: Silences): Promise<unknown> =>
  (await silences.sentTo(['bridge'])).map(({ labels }) => labels['label'])

test('of a cluster, the alerts of all members are read, and their silences once', async () => {
  const { silences } = await cluster()
  expect(await labelsOf(silences)).toEqual(['a', 'b', 'c'])
  expect(await silences.alerts(matchers)).toHaveLength(3)
  expect((await silences.active(matchers)).map(({ id }) => id)).toEqual(['shared', 'new'])
})

test('a silence is created in the first member that answers', async () => {
  const { first, second, silences } = await cluster()
  expect(await silences.create(wish)).toBe('made-by-first')
  expect(second.asked).toEqual([])
  first.status = 503
  expect(await silences.create(wish)).toBe('made-by-second')
  await first.close()
  expect(await silences.create(wish)).toBe('made-by-second')
})

test('a request that a member refuses is not sent to the next one', async () => {
  const { first, second, silences } = await cluster()
  first.status = 400
  await expect(silences.create(wish)).rejects.toThrow('Alertmanager answered 400: "first is not well"')
  await expect(silences.alerts(matchers)).rejects.toThrow('Alertmanager answered 400')
  expect(second.asked.filter((line) => line.startsWith('POST'))).toEqual([])
})

test('a member that is down is left out; when all are, every reason is shown', async () => {
  const { first, second, silences } = await cluster()
  await first.close()
  expect(await labelsOf(silences)).toEqual(['b', 'c'])
  second.status = 502
  const message = 'Alertmanager did not answer (ECONNREFUSED); Alertmanager answered 502: "second is not well"'
  await expect(silences.create(wish)).rejects.toThrow(message)
  await expect(silences.sentTo(['bridge'])).rejects.toThrow(message)
  await expect(silences.active(matchers)).rejects.toThrow(message)
})
