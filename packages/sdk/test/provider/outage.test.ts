import { beforeAll, expect, test } from 'vitest'

import { loadBreakers } from '../../src/provider/breaker.ts'
import { simulateOutage } from './outage.ts'

beforeAll(loadBreakers)

test('runs survive ten minutes without their provider, do not hammer it, and return within a minute at no more than twice the normal rate', async () => {
  const result = await simulateOutage({
    runs: 100,
    outageSeconds: 600,
    recovery: { provider: { breaker: true, maxWaitSeconds: 900 } },
  })
  expect(result).toMatchObject({ survivors: 100, failedRuns: 0 })
  expect(result.requestsPerCall).toBeLessThanOrEqual(1.2)
  expect(result.requestsInOutage).toBeLessThanOrEqual(40)
  expect(result.recoverySeconds).toBeLessThanOrEqual(60)
  expect(result.peak).toBeLessThanOrEqual(2)
}, 120_000)
