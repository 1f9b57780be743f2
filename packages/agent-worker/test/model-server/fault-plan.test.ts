import { expect, test } from 'vitest'

import { type FaultPlan, firstFaultOf, listedFaults, noFaults, seededFaults } from '../../src/model-server/fault-plan.ts'

const kindsOf = (plan: FaultPlan, count: number): (string | undefined)[] =>
  Array.from({ length: count }, (_, n) => plan({ number: n + 1, agent: 'reviewer', agentRequest: n + 1, task: '' })?.kind)

const shares = { 'rate-limited': 0.1, 'server-error': 0.1, reset: 0.1, slow: 0.1, 'malformed-arguments': 0.1 }

test('the same seed plans the same faults, and another seed plans others', () => {
  expect(kindsOf(seededFaults(7, { shares }), 200)).toEqual(kindsOf(seededFaults(7, { shares }), 200))
  expect(kindsOf(seededFaults(7, { shares }), 200)).not.toEqual(kindsOf(seededFaults(8, { shares }), 200))
})

test('the fault of a request does not depend on earlier requests', () => {
  const plan = seededFaults(7, { shares })
  const inOrder = kindsOf(plan, 50)
  expect(plan({ number: 50, agent: 'reviewer', agentRequest: 1, task: '' })?.kind).toBe(inOrder[49])
})

test('each fault occurs in about its share of the requests', () => {
  const kinds = kindsOf(seededFaults(1, { shares }), 20_000)
  for (const kind of Object.keys(shares)) {
    const share = kinds.filter((planned) => planned === kind).length / kinds.length
    expect(share, kind).toBeGreaterThan(0.09)
    expect(share, kind).toBeLessThan(0.11)
  }
})

test('shares above 1 in total are refused', () => {
  expect(() => seededFaults(1, { shares: { slow: 0.6, reset: 0.6 } })).toThrow('shares must be 0-1 and at most 1 in sum, got 1.2')
})

test('the first plan with a fault decides', () => {
  const plan = firstFaultOf(
    noFaults,
    listedFaults([undefined, { kind: 'reset' }]),
    listedFaults([{ kind: 'server-error' }, { kind: 'server-error' }]),
  )
  expect(kindsOf(plan, 3)).toEqual(['server-error', 'reset', undefined])
})
