import { expect, test } from 'vitest'

import { healthScore, healthWeights } from '../src/index.ts'

test('the points of all parts add up to 100', () => {
  expect(Object.values(healthWeights).reduce((sum, { points }) => sum + points, 0)).toBe(100)
})

test('a process without runs has full health and has lost nothing, however busy it is', () => {
  expect(healthScore({ errorRate: undefined, p95Seconds: 99, cpu: 9, memory: 1 })).toEqual({
    score: 100,
    lost: { errorRate: 0, p95: 0, resources: 0 },
  })
})

test('each part shows how many points it lost', () => {
  expect(healthScore({ errorRate: 0.25, p95Seconds: 20, cpu: 4, memory: 0 })).toEqual({
    score: 42.5,
    lost: { errorRate: 30, p95: 12.5, resources: 15 },
  })
})
