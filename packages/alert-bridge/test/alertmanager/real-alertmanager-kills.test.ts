import { setTimeout as pause } from 'node:timers/promises'

import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect } from 'vitest'

import type { Checkpoint } from '../../src/checkpoint.ts'
import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import { notEscalatedOnce, twoSteps } from '../crash/accounting.ts'
import { runBridge } from '../crash/run-bridge.ts'
import { openSink } from '../crash/sink.ts'
import { runAlertmanager } from './run-alertmanager.ts'
import { withAlertmanager } from './with-alertmanager.ts'

const moments: readonly (Checkpoint | 'any')[] = ['after-commit', 'before-send', 'after-send', 'while-marking', 'any']
/** ALERTMANAGER_CRASHES=50 for a longer run. */
const crashes = Number(process.env['ALERTMANAGER_CRASHES'] ?? 10)

withAlertmanager(
  `what a real Alertmanager was answered 200 outlives ${crashes} kills at every moment`,
  { timeout: 600_000 },
  async () => {
    const sink = await openSink()
    const dataDir = temporaryFolder()
    const env = { ...twoSteps, SINK_URL: sink.url, DATA_DIR: dataDir }
    const first = await runBridge(env)
    const port = Number(new URL(first?.url ?? '').port)
    const alertmanager = await runAlertmanager({ bridgePort: port, repeatInterval: '1h' })
    first?.child.kill('SIGKILL')
    await first?.ended

    const names: string[] = []
    let isKilling = true
    const posting = (async (): Promise<void> => {
      while (isKilling) {
        const name = `Killed${names.length}`
        await alertmanager.post(name, 'warning', new Date(Date.now() + 3_600_000))
        names.push(name)
        await pause(20)
      }
    })()
    for (let crash = 0; crash < crashes; crash += 1) {
      const moment = moments[crash % moments.length] ?? 'any'
      const nth = 1 + Math.floor(Math.random() * 12)
      const crashAt = moment === 'any' ? {} : { CRASH_AT: `${moment}:${nth}` }
      const bridge = await runBridge({ ...env, PORT: String(port), ...crashAt })
      if (bridge === undefined) continue // it was killed while it sent what waited, before it was ready
      if (moment === 'any') {
        const before = sink.received.length
        await eventually('some to be told', () => sink.received.length >= before + nth)
        bridge.child.kill('SIGKILL')
      }
      expect(await bridge.ended).toBe('SIGKILL')
    }
    isKilling = false
    await posting

    const last = await runBridge({ ...env, PORT: String(port) })
    const titles = (): Set<string> => new Set(sink.received.map(({ title }) => title))
    await eventually('all to be told', () => names.every((name) => titles().has(name)))
    await eventually('all steps to be sent once', () => notEscalatedOnce(names, sink.received).length === 0)
    last?.child.kill('SIGTERM')
    expect(await last?.ended).toBe(0)

    const { store } = openSqliteStore(dataDir)
    const deliveries = await store.list({})
    await store.close()
    const ofAlerts = deliveries.filter(({ kind }) => kind !== 'escalation')
    // one notice for each, however often Alertmanager had to send it
    expect(ofAlerts.map(({ title, recipient }) => `${title} ${recipient}`).toSorted()).toEqual(
      names.flatMap((name) => [`${name} a`, `${name} b`]).toSorted(),
    )
    const counts = [...Map.groupBy(sink.received, ({ id }) => id).values()]
    const twice = counts.filter(({ length }) => length > 1)
    console.log(`killed ${crashes} times: ${names.length} alerts, 0 lost, ${twice.length} of ${counts.length} messages twice`)
    expect(twice.filter((some) => some.slice(1).some(({ mayHaveArrived }) => !mayHaveArrived))).toEqual([])
  },
)
