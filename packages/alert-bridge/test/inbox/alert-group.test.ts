import { expect, test } from 'vitest'

import { checkAlertGroup } from '../../src/inbox/alert-group.ts'

const alert = { status: 'firing', startsAt: '2026-11-24T02:00:00Z' }
const group = { version: '4', status: 'firing', receiver: 'bridge', alerts: [alert] }
const maps = { groupLabels: {}, commonLabels: {}, commonAnnotations: {} }

test.each([
  ['are missing', group],
  ['are null, as Go writes an empty map', { ...group, groupLabels: null, commonLabels: null, commonAnnotations: null }],
])('reads a group whose maps %s', (_what, given) => {
  expect(checkAlertGroup(given)).toMatchObject({ kind: 'read', value: { ...maps, alerts: [{ labels: {}, annotations: {} }] } })
})

test.each([
  ['a list', ['x']],
  ['a text', 'x'],
  ['a map with a number', { severity: 1 }],
  ['a map with a map', { severity: { level: 'critical' } }],
])('does not read a group whose labels are %s', (_what, groupLabels) => {
  expect(checkAlertGroup({ ...group, groupLabels }).kind).toBe('unreadable')
})
