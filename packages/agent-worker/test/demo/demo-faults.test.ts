import { expect, test } from 'vitest'

import { demoFaults } from '../../src/demo/run-demo.ts'

test("with any seed the demo plans one fault for each agent's first task and a permanent one for every tenth task", () => {
  for (const seed of [1, 2, 3]) {
    const plan = demoFaults(seed)
    const at = (agent: string, agentRequest: number, task: string): string | undefined =>
      plan({ number: 1, agent, agentRequest, task })?.kind
    expect([at('rapid-builder', 1, ''), at('api-integrator', 2, ''), at('reviewer', 3, '')]).toEqual([
      'rate-limited',
      'reset',
      'server-error',
    ])
    expect([5, 15, 25].map((number) => at('reviewer', 100, `Task ${number}: review`))).toEqual(Array(3).fill('server-error'))
  }
})
