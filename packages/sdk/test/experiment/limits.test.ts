import { startTestTelemetry } from '@swarmwatch/testing'
import { expect, test } from 'vitest'

import { experiment, instrumentAgent } from '../../src/index.ts'

test('an agent has 20 experiments and a process 240 variants, or 12 with groups of keys; more are not judged', async () => {
  await using telemetry = await startTestTelemetry()
  const countsOf = async (agentName: string): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {}
    for (const { attributes } of await telemetry.points('agent.experiment.sums')) {
      if (attributes['agent.name'] !== agentName || attributes['sum'] !== 'runs') continue
      const key = `${String(attributes['swarmwatch.experiment'])} ${String(attributes['swarmwatch.variant'])}`
      counts[key] = (counts[key] ?? 0) + 1
    }
    return counts
  }
  const many = instrumentAgent(async (_flag: string) => {}, {
    name: 'many',
    variant: (flag) => ({ experiment: flag, variant: 'a' }),
    logger: false,
  })
  for (let each = 0; each < 150; each++) await many(`flag-${each}`)
  expect(await countsOf('many')).toEqual(Object.fromEntries(Array.from({ length: 20 }, (_, each) => [`flag-${each} a`, 1])))

  const variants = Object.fromEntries(Array.from({ length: 10 }, (_, each) => [`v${each}`, 0.1]))
  for (const agentName of ['first', 'second']) {
    const variant = experiment({ name: 'keys', variants, key: (user: string) => user })
    instrumentAgent(async (_user: string) => {}, { name: agentName, variant, logger: false })
  }
  // 20 + 10 * 20 are used, so one more variant fits with all of its groups, and none with a part of them
  expect(await countsOf('first')).toEqual(Object.fromEntries(Object.keys(variants).map((each) => [`keys ${each}`, 20])))
  expect(await countsOf('second')).toEqual({ 'keys v0': 20 })
})
