import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { signValue } from '../../src/incidents/signed-values.ts'
import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import { runBridge } from '../crash/run-bridge.ts'
import { openSink } from '../crash/sink.ts'
import { firing } from '../helpers/alert-groups.ts'
import { token } from '../helpers/token.ts'
import { linkSecret } from './bridge-for-people.ts'

const rounds = 3
const perRound = 20

test(
  `stores every acknowledgement that it answered with 200, once, although the bridge is killed ${rounds} times meanwhile`,
  { timeout: 300_000 },
  async () => {
    const sink = await openSink()
    const env = { SINK_URL: sink.url, DATA_DIR: temporaryFolder(), LINK_SECRET: linkSecret }
    const keys = new Map<string, string>()
    const answered = new Map<string, string>()
    const linkTo = (url: string, key: string): string => {
      const expiresAt = Date.now() + 3_600_000
      return `${url}/ack/${signValue('link', { subject: 'ack', text: key, expiresAt }, [new Secret(linkSecret)])}`
    }

    async function acknowledge(url: string, title: string, name: string): Promise<void> {
      const link = linkTo(url, keys.get(title)!)
      const form = /name="form" value="([^"]*)"/.exec(await (await fetch(link)).text())?.[1]
      // acknowledged already, by an attempt whose answer the kill cut off
      if (form === undefined) return
      const response = await fetch(link, { method: 'POST', body: new URLSearchParams({ form, name }) })
      const text = await response.text()
      if (response.status === 200 && text.includes('<h1>Acknowledged</h1>')) answered.set(title, name)
    }

    for (let round = 0; round <= rounds; round += 1) {
      const bridge = await runBridge(env)
      const url = bridge!.url
      const titles = Array.from({ length: perRound }, (_, index) => `Round${round}Alert${index}`)
      for (const name of titles) {
        const headers = { authorization: `Bearer ${token}` }
        await fetch(`${url}/api/v1/alerts`, { method: 'POST', headers, body: JSON.stringify(firing({ name })) })
      }
      await eventually('the messages', () => {
        for (const { title, incidentKey } of sink.received) keys.set(title, incidentKey)
        return titles.every((title) => keys.has(title))
      })
      const before = answered.size
      const left = [...keys.keys()].filter((title) => !answered.has(title))
      const work = Promise.allSettled(left.slice(0, 50).map((title) => acknowledge(url, title, `Ana ${round}`)))
      if (round < rounds) {
        await eventually('some acknowledgements', () => answered.size > before)
        bridge!.child.kill('SIGKILL')
        await work
        await bridge!.ended
      } else {
        await work
        await eventually('nothing to wait', async () => {
          const headers = { authorization: `Bearer ${token}` }
          const response = await fetch(`${url}/api/v1/deliveries?state=pending`, { headers })
          return ((await response.json()) as { deliveries: object[] }).deliveries.length === 0
        })
        bridge!.child.kill('SIGTERM')
        expect(await bridge!.ended).toBe(0)
      }
    }

    const { store } = openSqliteStore(env.DATA_DIR)
    const wrong: unknown[] = []
    for (const [title, key] of keys) {
      const incident = await store.incident(key)
      const history = await store.incidentHistory(key)
      const notified = sink.received.filter((one) => one.incidentKey === key && one.kind === 'acknowledged')
      const isAcknowledged = incident?.state === 'acknowledged'
      const isWhole = isAcknowledged
        ? history.length === 1 && notified.length >= 2
        : history.length === 0 && notified.length === 0
      const isKept = !answered.has(title) || incident?.acknowledgedBy === answered.get(title)
      if (!isWhole || !isKept) wrong.push({ title, incident, history, notified, answered: answered.get(title) })
    }
    await store.close()
    expect(wrong).toEqual([])
    expect(answered.size).toBeGreaterThan(rounds)
  },
)
