import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import {
  currentExecution,
  getActiveExecutions,
  instrumentAgent,
  instrumentTool,
  memoryOnceStore,
  OnceError,
  type OnceOptions,
  type OnceStore,
} from '../../src/index.ts'

let telemetry: TestTelemetry
const unhandled: unknown[] = []
const keep = (error: unknown): void => void unhandled.push(error)
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  process.on('unhandledRejection', keep)
})
afterEach(async () => {
  await new Promise(setImmediate)
  process.off('unhandledRejection', keep)
  expect(unhandled.splice(0)).toEqual([])
  expect(getActiveExecutions()).toEqual([])
  await telemetry.shutdown()
})

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const misbehaviours: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('broken')
  },
  'throws a symbol': () => {
    throw Symbol('broken') as unknown as Error
  },
  rejects: () => Promise.reject(new Error('broken')),
  'returns nothing': () => undefined,
  'returns a text': () => 'x',
  'returns null': () => null,
  'returns a symbol': () => Symbol('x'),
  'returns a revoked proxy': revoked,
  'returns entries that cannot be read': () => [revoked(), null, 5],
  'returns an object of which nothing can be read': () =>
    new Proxy(
      {},
      {
        get() {
          throw new Error('broken')
        },
      },
    ),
}

/** Runs an agent that pays in each of two attempts, of which the first fails; its tool may fail, too. */
async function payTwice(once: OnceOptions<[], string>, failure?: Error) {
  let effects = 0
  const pay = instrumentTool(
    async () => {
      effects += 1
      if (failure && effects === 1) throw failure
      return 'paid'
    },
    { name: 'pay', once },
  )
  const agent = instrumentAgent(
    async () => {
      const result = await pay()
      if (currentExecution()!.attempt === 1) throw Object.assign(new Error('busy'), { status: 503 })
      return result
    },
    { name: 'payer', logger: false, recovery: { maxRetries: 2, baseDelaySeconds: 0 } },
  )
  const outcome = await agent().catch((error: unknown) => error)
  return { outcome, effects }
}

describe.each(['load', 'begin', 'succeed', 'remove', 'release'] as const)('a store whose %s', (method) => {
  test.each(Object.entries(misbehaviours))('%s repeats no effect and hides no result', async (_, misbehave) => {
    for (const isDurable of [true, false]) {
      const store: OnceStore = { ...memoryOnceStore(), isDurable, [method]: misbehave }
      const { outcome, effects } = await payTwice({ store })
      // Either nothing happened, or the effect happened once and its result arrived
      if (outcome instanceof OnceError) expect(effects).toBe(0)
      else expect({ outcome, effects }).toEqual({ outcome: 'paid', effects: 1 })
    }
  })
})

test.each(Object.entries(misbehaviours))('an onUncertain that %s repeats no effect', async (_, misbehave) => {
  const { effects } = await payTwice({ onUncertain: misbehave as never }, new DOMException('gave up', 'TimeoutError'))
  expect(effects).toBe(1)
})

test.each(Object.entries(misbehaviours))('an uncertainIf that %s repeats no effect of unknown outcome', async (_, misbehave) => {
  const { effects } = await payTwice({ uncertainIf: misbehave as never }, new DOMException('gave up', 'TimeoutError'))
  // Without a verdict the tool is not called again; any other value is one
  expect(effects).toBeLessThanOrEqual(2)
  if (/throws|rejects/.test(_)) expect(effects).toBe(1)
})
