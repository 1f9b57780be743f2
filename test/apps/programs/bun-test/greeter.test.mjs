import { test } from 'bun:test'
import assert from 'node:assert/strict'

import { startTestTelemetry } from '@swarmwatch/testing'

import { greet } from './greeter.mjs'

test('greets on the second attempt', async () => {
  const telemetry = await startTestTelemetry()
  assert.equal(await greet('Ada'), 'Hello, Ada')
  telemetry.expectExecution('greeter', { outcome: 'success', attempts: 2, attemptErrors: ['503'], waits: [0.1] })
  await telemetry.shutdown()
})
