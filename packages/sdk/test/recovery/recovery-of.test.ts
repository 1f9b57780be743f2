import { expect, test } from 'vitest'

import { recoveryOf, rememberRecovery, type Recovery } from '../../src/recovery/recovery-of.ts'

const recovery: Recovery = {
  agentName: 'a',
  executionId: 'e',
  attempts: 1,
  waits: [],
  errors: [],
  outcome: 'exhausted',
  isRetryable: true,
}

test('attempts are remembered for an object or a function, frozen or not', () => {
  const error = Object.freeze(new Error('x'))
  const thrown = (): void => {}
  for (const value of [error, thrown]) {
    expect(recoveryOf(value)).toBeUndefined()
    rememberRecovery(value, recovery)
    expect(recoveryOf(value)).toBe(recovery)
  }
})

test('another copy of this package finds the attempts', () => {
  const error = new Error('x')
  rememberRecovery(error, recovery)
  const shared = Reflect.get(globalThis, Symbol.for('@swarmwatch/sdk/recoveries/1')) as WeakMap<object, Recovery>
  expect(shared.get(error)).toBe(recovery)
})

test('attempts of other values cannot be remembered, without harm', () => {
  for (const value of ['text', 5, null, undefined, Symbol('s')]) {
    expect(() => rememberRecovery(value, recovery)).not.toThrow()
    expect(recoveryOf(value)).toBeUndefined()
  }
})
