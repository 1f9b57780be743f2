import { startTestTelemetry } from '@swarmwatch/testing'
import { expect, test, vi } from 'vitest'

import { greet } from './greeter.mjs'

test('greets on the second attempt, with fake timers', async () => {
  vi.useFakeTimers()
  const telemetry = await startTestTelemetry()
  expect(await greet('Ada')).toBe('Hello, Ada')
  telemetry.expectExecution('greeter', { outcome: 'success', attempts: 2, attemptErrors: ['503'], waits: [0.1] })
  await telemetry.shutdown()
  vi.useRealTimers()
})
