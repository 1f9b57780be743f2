import { Secret } from '@swarmwatch/config'
import { eventually, openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { alertmanagerSilences } from '../../src/incidents/alertmanager-silences.ts'
import { watchEndedSilences } from '../../src/incidents/ended-silences.ts'
import { type BridgeForPeople, bridgeForPeople, type Message } from './bridge-for-people.ts'

const minute = 60_000

interface Silenced {
  readonly bridge: BridgeForPeople
  readonly message: Message
  /** Answers of Alertmanager to questions about alerts; undefined is a failure. */
  readonly alertmanager: { alerts: readonly object[] | undefined }
  readonly pass: (ms: number) => Promise<void>
}

/** A bridge with an incident that is silenced for an hour. */
async function silenced(): Promise<Silenced> {
  let shift = 0
  const now = (): number => Date.now() + shift
  const bridge = await bridgeForPeople({ now })
  const message = await bridge.fire()
  const { store, wake } = bridge.service.core
  await store.changeIncident(message.incidentKey, now(), () => ({
    set: { state: 'silenced', silencedUntil: now() + 60 * minute },
  }))
  const alertmanager: Silenced['alertmanager'] = { alerts: [] }
  const server = await openHttpServer((_, response) => {
    response.writeHead(alertmanager.alerts === undefined ? 503 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(alertmanager.alerts ?? 'starting'))
  })
  onTestFinished(() => server.close())
  const silences = alertmanagerSilences(new Secret(server.url), fetch)
  const write = (line: string): void => void bridge.lines.push(line)
  const looks = [0, 0]
  const watches = looks.map((_, index) => {
    const listIncidents: typeof store.listIncidents = (filter) => {
      looks[index]! += 1
      return store.listIncidents(filter)
    }
    const counted = { ...store, listIncidents }
    return watchEndedSilences({ store: counted, silences, now, write, onStored: wake, everyMs: 10 })
  })
  onTestFinished(async () => void (await Promise.all(watches.map((watch) => watch.stop()))))

  /** Moves the clock, and waits until each watch has looked since. */
  async function pass(ms: number): Promise<void> {
    shift += ms
    const before = [...looks]
    // the first look may have begun earlier, and the third begins when the second has ended
    await eventually('more looks', () => looks.every((count, index) => count >= before[index]! + 3))
  }

  return { bridge, message, alertmanager, pass }
}

test('an incident whose alert ended while it was silenced is resolved once when the silence has ended, and recipients are notified', async () => {
  const { bridge, message, pass } = await silenced()
  await pass(59 * minute)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'silenced' })
  await pass(2 * minute)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'silenced' })
  await pass(5 * minute)
  const notified = await eventually('the notice', () => bridge.messages()[1])
  expect([notified.kind, notified.text]).toEqual(['resolved', expect.stringContaining('It ended while it was silenced.')])
  expect(notified.text).not.toContain('Lasted')
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'resolved' })
  expect((await bridge.history(message.incidentKey)).map(({ who, action }) => `${who} ${action}`)).toEqual([
    'Alertmanager reported its end',
  ])
  await pass(minute)
  expect(bridge.messages()).toHaveLength(2)
  // the same alert again is another incident
  expect((await bridge.fire({ startsAt: '2026-11-24T05:00:00Z' })).incidentKey).not.toBe(message.incidentKey)
})

test('an incident whose alert still fires, or of which Alertmanager cannot be asked, stays as it is', async () => {
  const { bridge, message, alertmanager, pass } = await silenced()
  alertmanager.alerts = [{ fingerprint: 'a' }]
  await pass(120 * minute)
  alertmanager.alerts = undefined
  await pass(30 * minute)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'silenced' })
  expect(bridge.lines).toContain('[BRIDGE] incidents whose silence has ended stay open: Alertmanager answered 503: "starting"')
  // an Alertmanager that has just started knows no alert yet
  alertmanager.alerts = []
  await pass(minute)
  alertmanager.alerts = [{ fingerprint: 'a' }]
  await pass(30 * minute)
  alertmanager.alerts = []
  await pass(4 * minute)
  alertmanager.alerts = undefined
  await pass(4 * minute)
  alertmanager.alerts = []
  await pass(4 * minute)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'silenced' })
  expect(bridge.messages()).toHaveLength(1)
})
