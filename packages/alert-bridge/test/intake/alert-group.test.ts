import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'

import { checkAlertGroup, isCommonGroup } from '../../src/intake/read-alert-group.ts'
import { firing } from '../helpers/alert-groups.ts'

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

const anyValue = fc.oneof(fc.constantFrom(null, '', 'firing', -1, 0.5, 7, [], {}, { a: 1 }, { a: 'b' }), fc.jsonValue())
const [whole] = firing().alerts
const key = fc.constantFrom(...Object.keys({ ...firing(), ...whole })).filter((one) => one !== 'truncatedAlerts')

property.prop([key, anyValue, fc.boolean()])(
  'the short way reads what the schema reads, and as it reads it',
  (name, value, isInAlert) => {
    const given = isInAlert ? { ...firing(), alerts: [{ ...whole, [name]: value }] } : { ...firing(), [name]: value }
    // null stands for 0, and is not for the short way
    const long = checkAlertGroup({ ...given, truncatedAlerts: null })
    expect(isCommonGroup({ ...given, truncatedAlerts: null })).toBe(false)
    expect(checkAlertGroup(given)).toMatchObject(long)
  },
)

test('counts alerts that Alertmanager left out as whole numbers', () => {
  expect([0, 7, -1, 0.5].map((truncatedAlerts) => isCommonGroup({ ...firing(), truncatedAlerts }))).toEqual([
    true,
    true,
    false,
    false,
  ])
})
