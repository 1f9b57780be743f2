import { Secret } from '@swarmwatch/config'
import { eventually, openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { deliveryTimes } from '../../src/deliveries/delivery-context.ts'
import { step } from '../escalation/moved-clock.ts'
import { alertmanagerSilences } from '../../src/incidents/alertmanager-silences.ts'
import { watchEndedSilences } from '../../src/incidents/ended-silences.ts'
import { type BridgeForPeople, bridgeForPeople, type Message } from './bridge-for-people.ts'

const minute = 60_000
const steps = [step(0, { severities: ['critical', 'warning'], channels: ['own'] })]
/** The alert as Alertmanager has it, muted by a silence or not. */
const muted = { fingerprint: 'a', status: { state: 'suppressed', silencedBy: ['a'], inhibitedBy: [] } }
const unmuted = { fingerprint: 'a', status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: null } }

interface Silenced {
  readonly bridge: BridgeForPeople
  readonly message: Message
  /** Answers of Alertmanager to questions about alerts; undefined is a failure. */
  readonly alertmanager: { alerts: readonly object[] | undefined; hasSilence: boolean }
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
  const alertmanager: Silenced['alertmanager'] = { alerts: [], hasSilence: true }
  const server = await openHttpServer(({ path }, response) => {
    const endsAt = new Date(now() + minute).toISOString()
    const silence = { id: 'a', status: { state: alertmanager.hasSilence ? 'active' : 'expired' }, endsAt, comment: '' }
    response.writeHead(alertmanager.alerts === undefined ? 503 : 200, { 'content-type': 'application/json' })
    const groups = alertmanager.alerts && [{ alerts: alertmanager.alerts }]
    response.end(JSON.stringify(path.startsWith('/api/v2/silences') ? [silence] : (groups ?? 'starting')))
  })
  onTestFinished(() => server.close())
  const silences = alertmanagerSilences([new Secret(server.url)], fetch)
  const write = (line: string): void => void bridge.lines.push(line)
  const looks = [0, 0]
  const watches = looks.map((_, index) => {
    const listIncidents: typeof store.listIncidents = (filter) => {
      looks[index]! += 1
      return store.listIncidents(filter)
    }
    const counted = { ...store, listIncidents }
    return watchEndedSilences({ store: counted, silences, steps, plan: deliveryTimes, now, write, onStored: wake, everyMs: 10 })
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

test('an incident that still fires when its silence has ended is open again, recipients are notified, and its steps begin', async () => {
  const { bridge, message, alertmanager, pass } = await silenced()
  alertmanager.alerts = [muted]
  await pass(61 * minute)
  alertmanager.alerts = [unmuted]
  await pass(1 * minute)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'silenced' })
  // Alertmanager has had time to send it again
  await pass(5 * minute)
  const notified = await eventually('the notice', () => bridge.messages()[1])
  expect([notified.kind, notified.text]).toEqual(['repeat', expect.stringContaining('Its silence has ended.')])
  expect(await bridge.incident(message.incidentKey)).toMatchObject({
    state: 'open',
    escalationStep: 0,
    escalationDueAt: expect.any(Number),
  })
  expect((await bridge.history(message.incidentKey)).map(({ who, action }) => `${who} ${action}`)).toEqual([
    'Alertmanager reported that it fires after its silence',
  ])
})

test('a silence that is ended by hand in Alertmanager is noticed: the incident is open, recipients are notified, and its steps begin', async () => {
  const { bridge, message, alertmanager, pass } = await silenced()
  alertmanager.alerts = [muted]
  await pass(5 * minute)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'silenced' })
  Object.assign(alertmanager, { alerts: [unmuted], hasSilence: false })
  const before = Date.now()
  await pass(minute)
  const notified = await eventually('the notice', () => bridge.messages()[1])
  expect([notified.kind, notified.text]).toEqual(['repeat', expect.stringContaining('ended in Alertmanager before its time')])
  const { state, silencedUntil, escalationDueAt } = (await bridge.incident(message.incidentKey))!
  expect([state, silencedUntil === escalationDueAt, silencedUntil! - before < 10 * minute]).toEqual(['open', true, true])
  await pass(minute)
  expect(bridge.messages()).toHaveLength(2)
  expect((await bridge.history(message.incidentKey)).map(({ action }) => action)).toEqual([
    'reported that its silence ended before its time',
  ])
})

test('an incident whose silence was ended by hand after its alerts had ended is resolved like any other', async () => {
  const { bridge, message, alertmanager, pass } = await silenced()
  alertmanager.hasSilence = false
  await pass(minute)
  expect((await bridge.history(message.incidentKey)).map(({ action }) => action)).toEqual([
    'reported that its silence ended before its time',
  ])
  await pass(minute)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'silenced' })
  await pass(6 * minute)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'resolved' })
})

test('an incident that another silence mutes, or of which Alertmanager cannot be asked, stays as it is', async () => {
  const { bridge, message, alertmanager, pass } = await silenced()
  Object.assign(alertmanager, { alerts: [muted], hasSilence: false })
  await pass(120 * minute)
  alertmanager.alerts = undefined
  await pass(30 * minute)
  expect(await bridge.incident(message.incidentKey)).toMatchObject({ state: 'silenced' })
  expect(bridge.lines).toContain('[BRIDGE] the end of silences is not noticed: Alertmanager answered 503: "starting"')
  // an Alertmanager that has just started knows no alert yet
  alertmanager.alerts = []
  await pass(minute)
  alertmanager.alerts = [muted]
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
