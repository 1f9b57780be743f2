import { Secret } from '@swarmwatch/config'
import { eventually, openHttpServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { alertmanagerSilences } from '../../src/incidents/alertmanager-silences.ts'
import { watchMissingAlerts } from '../../src/incidents/missing-alerts.ts'
import { firing } from '../helpers/alert-groups.ts'
import { type BridgeForPeople, bridgeForPeople } from './bridge-for-people.ts'

const minute = 60_000
const startsAt = '2026-11-24T02:00:00Z'

interface Compared {
  readonly bridge: BridgeForPeople
  readonly alertmanager: { alerts: readonly object[] | undefined }
  /** Addresses of the questions. */
  readonly asked: string[]
  readonly count: () => number | undefined
  readonly lines: string[]
  /** Moves the clock, and waits for a look. */
  readonly pass: (ms: number) => Promise<number | undefined>
}

async function compared(): Promise<Compared> {
  let shift = 0
  const now = (): number => Date.now() + shift
  const bridge = await bridgeForPeople({ now })
  const alertmanager: Compared['alertmanager'] = { alerts: [] }
  const asked: string[] = []
  const lines: string[] = []
  const server = await openHttpServer(({ path }, response) => {
    asked.push(path)
    response.writeHead(alertmanager.alerts === undefined ? 503 : 200, { 'content-type': 'application/json' })
    // an alert of two routes is in two groups
    response.end(
      JSON.stringify(alertmanager.alerts === undefined ? '' : [{ alerts: alertmanager.alerts }, { alerts: alertmanager.alerts }]),
    )
  })
  onTestFinished(() => server.close())
  const { store } = bridge.service.core
  const silences = alertmanagerSilences([new Secret(server.url)], fetch)
  const watch = watchMissingAlerts({
    store,
    silences,
    now,
    write: (line) => lines.push(line),
    receivers: () => ['own.name'],
    everyMs: 10,
  })
  onTestFinished(() => watch.stop())
  return {
    bridge,
    alertmanager,
    asked,
    count: watch.count,
    lines,
    pass: async (ms) => {
      shift += ms
      const before = asked.length
      await eventually('more looks', () => asked.length >= before + 3)
      return watch.count()
    },
  }
}

/** The alert of `firing()`, as Alertmanager has it. */
function active(more: Record<string, unknown> = {}): object {
  const { labels } = firing({ startsAt }).alerts[0]!
  return { labels, startsAt, status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] }, ...more }
}

test('an alert for the bridge that no incident contains is missing after 15 minutes, and no longer once it arrives', async () => {
  const { bridge, alertmanager, asked, pass } = await compared()
  alertmanager.alerts = [active()]
  expect(await pass(0)).toBe(0)
  expect(await pass(14 * minute)).toBe(0)
  expect(await pass(2 * minute)).toBe(1)
  await bridge.fire({ startsAt })
  expect(await pass(minute)).toBe(0)
  const { searchParams } = new URL(asked[0]!, 'http://alertmanager')
  expect(Object.fromEntries(searchParams)).toEqual({
    active: 'true',
    silenced: 'false',
    inhibited: 'false',
    muted: 'false',
    receiver: String.raw`(?:.*/)?bridge|own\.name`,
  })
})

test('an alert that fires again after the end that the bridge knows is missing; one that a person resolved is not', async () => {
  const { bridge, alertmanager, pass } = await compared()
  const { incidentKey } = await bridge.fire({ startsAt })
  const actor = { set: { state: 'resolved' as const, resolvedAt: Date.now(), resolvedBy: 'Ana' } }
  await bridge.service.core.store.changeIncident(incidentKey, Date.now(), () => actor)
  alertmanager.alerts = [active()]
  expect(await pass(0)).toBe(0)
  expect(await pass(20 * minute)).toBe(0)
  await bridge.fire({ startsAt: '2026-11-24T03:00:00Z' })
  await bridge.resolve({ startsAt: '2026-11-24T03:00:00Z' })
  alertmanager.alerts = [active({ startsAt: new Date(Date.now() + 60 * minute).toISOString() })]
  expect(await pass(0)).toBe(0)
  expect(await pass(20 * minute)).toBe(1)
})

test('alerts that something mutes, the Watchdog, and alerts of severity info for 45 minutes are not missing', async () => {
  const { alertmanager, pass } = await compared()
  const status = { state: 'suppressed', silencedBy: [], inhibitedBy: [], mutedBy: ['nights'] }
  alertmanager.alerts = [
    active({ status }),
    active({ labels: { alertname: 'Watchdog' } }),
    active({ labels: { alertname: 'A', severity: 'info' } }),
  ]
  expect(await pass(0)).toBe(0)
  expect(await pass(40 * minute)).toBe(0)
  expect(await pass(6 * minute)).toBe(1)
})

test('the time begins again after a start of Alertmanager; while it does not answer, no number is shown and one line is logged', async () => {
  const { alertmanager, lines, pass } = await compared()
  alertmanager.alerts = [active()]
  await pass(0)
  await pass(14 * minute)
  alertmanager.alerts = []
  await pass(minute)
  alertmanager.alerts = [active()]
  await pass(minute)
  expect(await pass(13 * minute)).toBe(0)
  alertmanager.alerts = undefined
  expect(await pass(minute)).toBeUndefined()
  alertmanager.alerts = [active()]
  expect(await pass(minute)).toBe(1)
  expect(lines).toEqual([
    '[BRIDGE] lost alerts are not noticed: Alertmanager answered 503: ""',
    '[BRIDGE] Alertmanager answers again about lost alerts',
  ])
})
