import { instrumentAgent } from '@swarmwatch/sdk'
import { type IsolationAdapter, isolationCases, runIsolationCase, startTestTelemetry } from '@swarmwatch/testing'
import { expect, test } from 'vitest'

import { AgentInstrumentation } from '../../src/agent-instrumentation.ts'
import { modelCalls } from './observed-calls.ts'

const httpCases = isolationCases.filter(({ surface }) => surface === 'http')

test.for(httpCases)('an agent receives the same bytes when $name', async ({ name }) => {
  let calls = 0
  const adapter: IsolationAdapter = {
    name: 'wire',
    async start(parts) {
      const telemetry = await startTestTelemetry(parts)
      const wire = new AgentInstrumentation({ frameworks: ['wire'], captureContent: true, warn: () => {} })
      return async () => {
        wire.disable()
        calls = modelCalls(telemetry).length
        await telemetry.shutdown()
      }
    },
    wrap: (agent) => instrumentAgent(agent, { name: 'caller', logger: false, recovery: false }),
  }
  expect(await runIsolationCase(adapter, name)).toMatchObject({ verdict: 'passed', what: '' })
  expect(calls).toBe(1)
})
