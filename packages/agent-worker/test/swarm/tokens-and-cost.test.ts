import { getExecutionMetrics } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { type Fault, listedFaults } from '../../src/model-server/fault-plan.ts'
import { startRecording } from './start-recording.ts'
import { everyAgent, firstTask, noRunActive, startSwarm } from './start-swarm.ts'

/** Returns a function that returns the tokens and the cost that the SDK has counted since now. The SDK counts for the whole process. */
function countFromHere(): () => { input: number; output: number; costUsd: number } {
  const before = getExecutionMetrics()
  return () => {
    const { tokens, costUsd } = getExecutionMetrics()
    return {
      input: tokens.input - before.tokens.input,
      output: tokens.output - before.tokens.output,
      costUsd: costUsd - before.costUsd,
    }
  }
}

const plans: readonly (readonly [string, readonly (Fault | undefined)[]])[] = [
  ['without failures', []],
  ['including attempts that fail later', [undefined, { kind: 'server-error' }, undefined, { kind: 'reset' }]],
  ['including answers with malformed arguments', [{ kind: 'malformed-arguments' }]],
]

test.each(everyAgent.flatMap((agent) => plans.map(([when, faults]) => ({ agent, when, faults }))))(
  '$agent counts exactly the tokens and the cost that the model bills, $when',
  async ({ agent, faults }) => {
    await startRecording()
    const { agents, model } = await startSwarm({ plan: listedFaults(faults) })
    const counted = countFromHere()
    await agents[agent](firstTask)
    await noRunActive()
    const { inputTokens, outputTokens } = model.log.billed
    expect(inputTokens).toBeGreaterThan(0)
    const { input, output, costUsd } = counted()
    expect({ input, output }).toEqual({ input: inputTokens, output: outputTokens })
    // config/demo.yaml: scripted-1 costs 0.5 USD per million tokens in, 1.5 out
    expect(costUsd).toBeCloseTo((inputTokens * 0.5 + outputTokens * 1.5) / 1e6, 10)
  },
)

test('tokens of a run that fails permanently are counted', async () => {
  await startRecording()
  const { agents, model } = await startSwarm({ plan: ({ number }) => (number === 1 ? undefined : { kind: 'server-error' }) })
  const counted = countFromHere()
  await expect(agents.reviewer(firstTask)).rejects.toThrow()
  expect(model.log.billed.answers).toBe(1)
  expect(counted().input).toBe(model.log.billed.inputTokens)
})

test('tokens of a model without a price are counted, its cost is not, and one warning reports it', async () => {
  const { lines } = await startRecording()
  const { agents, model } = await startSwarm({ modelName: 'new-model' })
  const counted = countFromHere()
  await agents['rapid-builder'](firstTask)
  await agents['api-integrator'](firstTask)
  await noRunActive()
  expect(counted()).toEqual({ input: model.log.billed.inputTokens, output: model.log.billed.outputTokens, costUsd: 0 })
  expect(lines.filter((line) => line.includes('no price'))).toEqual([
    expect.stringMatching(/^\[TELEMETRY\] no price for model new-model of an unknown provider: .*prices: \{ "new-model": /),
  ])
})
