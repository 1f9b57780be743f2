import assert from 'node:assert/strict'

import FakeTimers from '@sinonjs/fake-timers'
import { startTestTelemetry } from '@swarmwatch/testing'

import { greet } from './greeter.mjs'

it('greets on the second attempt, with fake timers', async () => {
  const clock = FakeTimers.install()
  const telemetry = await startTestTelemetry()
  assert.equal(await greet('Ada'), 'Hello, Ada')
  telemetry.expectExecution('greeter', { outcome: 'success', attempts: 2, attemptErrors: ['503'], waits: [0.1] })
  await telemetry.shutdown()
  clock.uninstall()
})
