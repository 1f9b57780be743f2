import { expect, test } from 'vitest'

import type { Fault, FaultPlan } from '../../src/model-server/fault-plan.ts'
import { taskFaultNames } from '../../src/service/task-request.ts'
import { backgroundFaults, taskFaults } from '../../src/service/task-work.ts'

const requestOf = (number: number, task = ''): Parameters<FaultPlan>[0] => ({
  number,
  agent: 'reviewer',
  agentRequest: number,
  task,
})
const endsAttempt = (fault: Fault | undefined): boolean =>
  fault !== undefined && fault.kind !== 'slow' && fault.kind !== 'malformed-arguments'

/** Simulates tasks of the reviewer, the agent with the most requests, with at most four attempts each. */
function simulate(seed: number, tasks: number): { recovered: number; failed: number; faultShare: number } {
  const plan = backgroundFaults(seed)
  let number = 0
  let faults = 0
  const isAttemptGood = (): boolean => {
    // A malformed tool call is repeated
    for (let requests = 5; requests > 0; requests -= 1) {
      number += 1
      const fault = plan(requestOf(number))
      if (fault) faults += 1
      if (endsAttempt(fault)) return false
      if (fault?.kind === 'malformed-arguments') requests += 1
    }
    return true
  }
  let recovered = 0
  let failed = 0
  for (let task = 0; task < tasks; task += 1) {
    let attempt = 1
    while (attempt <= 4 && !isAttemptGood()) attempt += 1
    if (attempt > 4) failed += 1
    else if (attempt > 1) recovered += 1
  }
  return { recovered, failed, faultShare: faults / number }
}

test.each([1, 2, 3])(
  'three requests in a hundred have a fault: one run in twenty recovers, almost none fails (seed %d)',
  (seed) => {
    const tasks = 100_000
    const { recovered, failed, faultShare } = simulate(seed, tasks)
    expect(faultShare).toBeGreaterThan(0.025)
    expect(faultShare).toBeLessThan(0.035)
    expect(recovered / tasks).toBeGreaterThan(0.04)
    expect(recovered / tasks).toBeLessThan(0.06)
    // At six tasks a minute 100,000 take eleven days
    expect(failed).toBeLessThan(5)
  },
)

test('a requested fault affects every request of its task and no other, until it is cleared', () => {
  const faults = taskFaults()
  const kindOf = (number: number): string | undefined => faults.plan(requestOf(1, `Task ${number}: review item B-1`))?.kind
  taskFaultNames.forEach((fault, n) => faults.set(n + 1, fault))
  expect([0, 1, 2, 3, 4, 5, 11].map(kindOf)).toEqual([
    undefined,
    'rate-limited',
    'server-error',
    'reset',
    'slow',
    undefined,
    undefined,
  ])
  faults.clear(2)
  expect([1, 2].map(kindOf)).toEqual(['rate-limited', undefined])
})
