import { readFileSync } from 'node:fs'

import { beforeAll, expect, test } from 'vitest'

import type { RecoveryOptions } from '../../src/index.ts'
import { loadBreakers } from '../../src/provider/breaker.ts'
import { simulateOutage, type OutageResult } from './outage.ts'

beforeAll(loadBreakers)
const page = readFileSync(new URL('../../../../docs/best-practices.md', import.meta.url), 'utf8')

const settings: readonly (readonly [shown: string, recovery: RecoveryOptions])[] = [
  ['none (5, 15, 30 s)', {}],
  ['`retryBudget: 0.2`', { provider: { retryBudget: 0.2 } }],
  ['`breaker: true`', { provider: { breaker: true } }],
  ['`breaker: true, retryBudget: 0.2`', { provider: { breaker: true, retryBudget: 0.2 } }],
  ['`breaker: true, maxWaitSeconds: 900`', { provider: { breaker: true, maxWaitSeconds: 900 } }],
]

test.each(settings)(
  'docs/best-practices.md has the results of the simulated outage with %s',
  async (shown, recovery) => {
    const result = await simulateOutage({ runs: 500, outageSeconds: 600, recovery })
    const cells = rowOf(shown, result)
    const rows = page.split('\n').map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .filter(Boolean),
    )
    expect(rows.filter(([first]) => first === shown)).toEqual([cells])
  },
  600_000,
)

function rowOf(shown: string, result: OutageResult): string[] {
  const { requestsPerCall, requestsInOutage, survivors, recoverySeconds = Number.NaN, peak } = result
  return [
    shown,
    requestsInOutage.toLocaleString('en-US'),
    requestsPerCall.toFixed(2),
    String(survivors),
    `${recoverySeconds.toFixed(0)} s`,
    `${peak.toFixed(1)} x`,
  ]
}
