import { expect, test } from 'vitest'

import { failoverOf } from '../../src/intake/prepare-entry.ts'

const plan = { fallbackAfterMs: 30, lastResortAfterMs: 900 }

test('a critical notice without a delivery goes to the fallback channels, a warning to the console', () => {
  expect(failoverOf({ kind: 'firing', severity: 'critical' }, 1_000, plan)).toEqual({ stage: 'fallback', at: 1_030 })
  expect(failoverOf({ kind: 'firing', severity: 'warning' }, 1_000, plan)).toEqual({ stage: 'last-resort', at: 1_900 })
})

test('info and a drill have no time of a failover', () => {
  expect(failoverOf({ kind: 'firing', severity: 'info' }, 1_000, plan)).toEqual({ stage: 'last-resort' })
  expect(failoverOf({ kind: 'drill', severity: 'critical' }, 1_000, plan)).toEqual({ stage: 'last-resort' })
})
