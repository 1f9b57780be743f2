import { setTimeout as pause } from 'node:timers/promises'

import { Secret } from '@swarmwatch/config'
import { eventually, openHttpServer, whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'

import { signValue } from '../../../src/incidents/signed-values.ts'
import { readDatabaseUrl } from '../../../src/outbox/postgres/database-url.ts'
import { openPostgresStore } from '../../../src/outbox/postgres/open-postgres-store.ts'
import type { Store } from '../../../src/outbox/store.ts'
import { runBridge, type RunningBridge } from '../../crash/run-bridge.ts'
import { openSink } from '../../crash/sink.ts'
import { firing } from '../../helpers/alert-groups.ts'
import { token } from '../../helpers/token.ts'
import { postgresForTests } from '../../outbox/engines/postgres-server.ts'
import { linkSecret } from '../bridge-for-people.ts'

/** KILLS=100 for the long run. */
const kills = Number(process.env['KILLS'] ?? 6)

/** An acknowledgement takes 5 ms, and 60 ms on a busy machine. */
const maxWaitMs = 80

interface Killed {
  readonly bridge: () => RunningBridge
  readonly store: Store
  readonly sink: Awaited<ReturnType<typeof openSink>>
  /** Fires an alert, and returns the key of its incident. */
  readonly fire: (name: string) => Promise<string>
  /** Kills the bridge with SIGKILL and starts another one. */
  readonly replace: () => Promise<void>
  /** Sends the form of a link; undefined if there is no form, or no answer. `onSend` is called when the form is sent. */
  readonly submit: (
    action: 'ack' | 'silence',
    key: string,
    fields: Record<string, string>,
    onSend?: () => void,
  ) => Promise<string | undefined>
}

describe.skipIf(whyNoPostgres() !== undefined)('a bridge on PostgreSQL that is killed while a person acts', () => {
  const { newDatabase } = postgresForTests()

  async function opened(env: Record<string, string> = {}): Promise<Killed> {
    const url = await newDatabase()
    const sink = await openSink()
    const start = async (): Promise<RunningBridge> =>
      (await runBridge({ SINK_URL: sink.url, DATABASE_URL: url, LINK_SECRET: linkSecret, ...env }))!
    let bridge = await start()
    onTestFinished(() => void bridge.child.kill('SIGKILL'))
    const { store } = await openPostgresStore(readDatabaseUrl(url)!)
    onTestFinished(() => store.close())
    return {
      bridge: () => bridge,
      store,
      sink,
      fire: async (name) => {
        const headers = { authorization: `Bearer ${token}` }
        await fetch(`${bridge.url}/api/v1/alerts`, { method: 'POST', headers, body: JSON.stringify(firing({ name })) })
        return eventually('the message', () => sink.received.find(({ title }) => title === name)?.incidentKey)
      },
      replace: async () => {
        bridge.child.kill('SIGKILL')
        await bridge.ended
        bridge = await start()
      },
      submit: async (action, key, fields, onSend = () => {}) => {
        const expiresAt = Date.now() + 3_600_000
        const signed = signValue('link', { subject: action, text: key, expiresAt }, [new Secret(linkSecret)])
        const link = `${bridge.url}/${action}/${signed}`
        try {
          const form = /name="form" value="([^"]*)"/.exec(await (await fetch(link)).text())?.[1]
          if (form === undefined) return undefined
          const response = fetch(link, { method: 'POST', body: new URLSearchParams({ form, ...fields }) })
          onSend()
          return /<h1>([^<]*)<\/h1>/.exec(await (await response).text())?.[1]
        } catch {
          return undefined
        }
      },
    }
  }

  /** Everyone was notified once of what a person did. */
  async function expectNotified({ store, sink }: Killed, keys: readonly string[]): Promise<void> {
    await eventually('nothing to wait', async () => (await store.countPending(1)) === 0, { withinMs: 240_000 })
    const sent = sink.received.filter(({ kind }) => kind === 'acknowledged')
    for (const key of keys) {
      const own = sent.filter(({ incidentKey }) => incidentKey === key)
      // a message that was sent when the bridge was killed may come again, as the same delivery
      expect([new Set(own.map(({ id }) => id)).size, new Set(own.map(({ recipient }) => recipient)).size]).toEqual([2, 2])
    }
  }

  test(`acknowledges once or not at all, and then the link still works (${kills} kills)`, { timeout: 600_000 }, async () => {
    const killed = await opened()
    const keys: string[] = []
    const outcomes: string[] = []
    for (let round = 0; round < kills; round += 1) {
      const key = await killed.fire(`Alert${round}`)
      keys.push(key)
      const sent = Promise.withResolvers<void>()
      const answer = killed.submit('ack', key, { name: 'Ana' }, sent.resolve)
      await sent.promise
      // from before the request arrives until after its answer
      await pause(Math.random() * maxWaitMs)
      await killed.replace()
      const heading = await answer
      const incident = (await killed.store.incident(key))!
      const history = await killed.store.incidentHistory(key)
      if (incident.state === 'acknowledged') expect(history).toMatchObject([{ who: 'Ana', action: 'acknowledged' }])
      else expect([incident.state, history, heading]).toEqual(['open', [], undefined])
      outcomes.push(`${incident.state}${heading === undefined ? ', without an answer' : ''}`)
      const again = await killed.submit('ack', key, { name: 'Ben' })
      expect(again).toBe(incident.state === 'open' ? 'Acknowledged' : undefined)
      expect(await killed.store.incidentHistory(key)).toMatchObject([
        { who: incident.state === 'open' ? 'Ben' : 'Ana', action: 'acknowledged' },
      ])
    }
    console.log(`killed during acknowledgements: ${outcomes.join('; ')}`)
    await expectNotified(killed, keys)
  })

  test.each(['before it has created the silence', 'after it has created the silence', 'after it has answered'] as const)(
    'silences once when it is killed while Alertmanager works, %s',
    { timeout: 600_000 },
    async (moment) => {
      const silences: { id: string; comment: string; endsAt: string; status: { state: string } }[] = []
      let isFirst = true
      let kill = (): void => {}
      const alertmanager = await openHttpServer(({ method, body }, response) => {
        response.setHeader('content-type', 'application/json')
        if (method === 'GET') return void response.end(JSON.stringify(silences))
        const mustKill = isFirst
        isFirst = false
        if (mustKill && moment === 'before it has created the silence') return kill()
        const { comment, endsAt } = JSON.parse(body) as { comment: string; endsAt: string }
        silences.push({ id: `silence-${silences.length}`, comment, endsAt, status: { state: 'active' } })
        if (mustKill && moment === 'after it has created the silence') return kill()
        response.end(JSON.stringify({ silenceID: silences.at(-1)!.id }))
        if (mustKill) kill()
      })
      onTestFinished(() => alertmanager.close())
      const killed = await opened({ ALERTMANAGER_URL: alertmanager.url })
      kill = () => void killed.bridge().child.kill('SIGKILL')
      const key = await killed.fire('Alert')
      const fields = { name: 'Ana', minutes: '60', comment: 'known' }
      const first = await killed.submit('silence', key, fields)
      await killed.replace()
      const { state } = (await killed.store.incident(key))!
      // the answer of Alertmanager may have been stored before the kill
      expect(state === 'silenced' || (state === 'open' && first === undefined)).toBe(true)
      const second = await killed.submit('silence', key, fields)
      expect(second).toBe(state === 'open' ? 'Silenced' : undefined)
      expect(silences).toHaveLength(1)
      expect(await killed.store.incident(key)).toMatchObject({
        state: 'silenced',
        silencedUntil: Date.parse(silences[0]!.endsAt),
      })
      const history = (await killed.store.incidentHistory(key)).map(({ who, action }) => `${who} ${action}`)
      const asked = Array<string>(state === 'open' ? 2 : 1).fill('Ana asked for a silence')
      expect(history).toEqual([...asked, 'Ana silenced'])
      await expectNotified(killed, [key])
    },
  )
})
