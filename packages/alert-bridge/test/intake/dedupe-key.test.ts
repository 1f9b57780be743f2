import { fc, test as property } from '@fast-check/vitest'
import type { AlertGroup } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { dedupeKey, eventKey, groupKey } from '../../src/intake/dedupe.ts'
import { checkAlertGroup, readAlertGroup } from '../../src/intake/read-alert-group.ts'
import { firing, resolved } from '../helpers/alert-groups.ts'

const [alert] = firing().alerts
const labels = fc.dictionary(fc.string(), fc.string(), { maxKeys: 6 })
const alerts = fc.array(
  fc.record({
    status: fc.constantFrom('firing', 'resolved'),
    labels,
    annotations: labels,
    startsAt: fc.constant('2026-11-24T01:00:00Z'),
    endsAt: fc.constantFrom('2026-11-24T01:00:00Z', '0001-01-01T00:00:00Z'),
    fingerprint: fc.constantFrom('', 'a1', 'b2'),
  }),
  { minLength: 1, maxLength: 8 },
)
const groups = fc
  .record({ groupLabels: labels, alerts, receiver: fc.string() })
  .map((some) => ({ ...firing(), ...some }) as AlertGroup)

property.prop([groups, fc.infiniteStream(fc.nat())])('is the same however keys and alerts are ordered', (group, chance) => {
  const shuffled = (object: object): object =>
    Object.fromEntries(Object.entries(object).toSorted(() => ((chance.next().value ?? 0) % 3) - 1))
  const other = shuffled({
    ...group,
    groupLabels: shuffled(group.groupLabels),
    alerts: group.alerts.map((one) => shuffled({ ...one, labels: shuffled(one.labels) })).toReversed(),
  }) as AlertGroup
  expect(dedupeKey(other)).toBe(dedupeKey(group))
  expect(groupKey(other)).toBe(groupKey(group))
})

property.prop([fc.jsonValue()])('any JSON is read or is not, and nothing is thrown', (value) => {
  expect(['read', 'unreadable']).toContain(checkAlertGroup(value).kind)
})

property.prop([fc.uint8Array()])('any bytes are read or are not, and nothing is thrown', (bytes) => {
  expect(['read', 'unreadable']).toContain(readAlertGroup(bytes).kind)
})

test('reads a body with half a million levels as unreadable, without a crash', () => {
  expect(readAlertGroup(Buffer.from('['.repeat(500_000))).kind).toBe('unreadable')
})

test.each<[string, AlertGroup]>([
  ['another Alertmanager of the pair sends it', firing({ externalURL: 'http://alertmanager-2:9093' })],
  ['a value in an annotation changes', firing({ commonAnnotations: { summary: 'now 97 %' } })],
  ['Alertmanager reports another reason', firing({ notification_reason: 'repeat interval elapsed' })],
])('is the same when %s', (_, group) => {
  expect(dedupeKey(group)).toBe(dedupeKey(firing()))
})

test.each<[string, AlertGroup]>([
  ['it is over', resolved()],
  ['it began again', firing({ startsAt: '2026-11-24T03:00:00Z' })],
  ['one more fires', firing({ alerts: [alert!, { ...alert!, fingerprint: 'ffff' }] })],
  ['another receiver is meant', firing({ receiver: 'other' })],
  ['the group has other labels', firing({ groupLabels: { alertname: 'Other' } })],
])('is another when %s', (_, group) => {
  expect(dedupeKey(group)).not.toBe(dedupeKey(firing()))
})

const unmarked = (agent: string): AlertGroup =>
  firing({ alerts: [{ ...alert!, fingerprint: '', labels: { ...alert!.labels, agent_name: agent } }] })

test('alerts without a fingerprint are distinguished by their labels', () => {
  expect(dedupeKey(unmarked('planner'))).toBe(dedupeKey(unmarked('planner')))
  expect(dedupeKey(unmarked('planner'))).not.toBe(dedupeKey(unmarked('writer')))
})

test('the end of an alert counts when it is resolved, not while it fires', () => {
  const ending = (group: AlertGroup, endsAt: string | undefined): string =>
    dedupeKey({ ...group, alerts: group.alerts.map((one) => ({ ...one, endsAt })) as AlertGroup['alerts'] })
  expect(ending(firing(), '2026-11-24T01:05:00Z')).toBe(ending(firing(), '2026-11-24T01:10:00Z'))
  expect(ending(resolved(), '2026-11-24T01:05:00Z')).not.toBe(ending(resolved(), '2026-11-24T01:10:00Z'))
  expect(ending(resolved(), undefined)).toBe(ending(resolved(), ''))
})

test('a group keeps its key when it is resolved; another receiver or other labels make another key', () => {
  expect(groupKey(firing())).toBe(groupKey(resolved()))
  expect(groupKey(firing({ receiver: 'other' }))).not.toBe(groupKey(firing()))
  expect(groupKey(firing({ groupLabels: { alertname: 'Other' } }))).not.toBe(groupKey(firing()))
})

test('keys in an existing store stay the same, so that an update sends nothing twice', () => {
  const group = firing({
    groupLabels: { team: 'agents', alertname: 'AgentSlow' },
    alerts: [alert!, { ...resolved().alerts[0]!, fingerprint: '', labels: { b: '2', a: '1', c: '3' } }, alert!],
  })
  expect([dedupeKey(group), groupKey(group), eventKey('deploy-1')]).toMatchInlineSnapshot(`
    [
      "9841789549013823ad5c2b60b56a778afd46f7bfee28a211e1270888dd4fa68a",
      "06ec488ab0b2a0e5774d8187508a82bb61d66a92d0301fd427fa0c67fbce425a",
      "event:c1b8e02fc9a75691e9fcf9f14411fd69c568657b844412c943ba370388ee542f",
    ]
  `)
})

test('is the same in either order of two alerts whose parts read the same when they are joined', () => {
  const [one, other] = [
    { ...alert!, fingerprint: 'a', status: 'firing' as const, startsAt: 'b\0c' },
    { ...alert!, fingerprint: 'a\0firing', status: 'b' as 'firing', startsAt: 'c' },
  ]
  expect(dedupeKey({ ...firing(), alerts: [one, other] })).toBe(dedupeKey({ ...firing(), alerts: [other, one] }))
})
