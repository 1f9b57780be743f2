import assert from 'node:assert/strict'
import { mock, test } from 'node:test'

import { startTestTelemetry } from '@swarmwatch/testing'

import { greet } from './greeter.mjs'

void test('greets on the second attempt, with fake timers', async () => {
  mock.timers.enable()
  const telemetry = await startTestTelemetry()
  assert.equal(await greet('Ada'), 'Hello, Ada')
  telemetry.expectExecution('greeter', { outcome: 'success', attempts: 2, attemptErrors: ['503'], waits: [0.1] })
  await telemetry.shutdown()
  mock.timers.reset()
})
