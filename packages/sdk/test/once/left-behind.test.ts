import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { instrumentAgent, instrumentTool, memoryOnceStore } from '../../src/index.ts'

let telemetry: TestTelemetry
let ids = 0
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

/** A job of a queue: its invocations share a tool whose effects are counted, and can leave code behind that calls it later. */
function openJob() {
  const executionId = `left-behind/${(ids += 1)}`
  const store = memoryOnceStore()
  const effects: number[] = []
  const leftBehind: { readonly wake: () => void; readonly result: Promise<number> }[] = []
  const pay = instrumentTool(async (amount: number) => effects.push(amount), { name: 'pay', once: { store } })
  const worker = instrumentAgent(async (_attempt: number, work: () => unknown) => await work(), {
    name: 'worker',
    logger: false,
    continuation: (attempt: number) => ({ executionId, attempt, isFinal: attempt === 3 }),
  })
  const leaveBehind = (): void => {
    const { promise, resolve } = Promise.withResolvers<void>()
    leftBehind.push({ wake: resolve, result: promise.then(() => pay(5)) })
  }
  return {
    effects,
    pay: () => pay(5),
    leaveBehind,
    /** Fails and leaves code behind. */
    givenUp: (attempt: number) =>
      worker(attempt, () => {
        leaveBehind()
        throw Object.assign(new Error('busy'), { status: 503 })
      }).catch(() => {}),
    invoke: (attempt: number, work: () => unknown = () => {}) => worker(attempt, work),
    /** Lets the code that was left behind call the tool, one after the other; returns how often it got a result. */
    async wake() {
      const ends: PromiseSettledResult<number>[] = []
      for (const { wake, result } of leftBehind) {
        wake()
        ends.push(...(await Promise.allSettled([result])))
      }
      return ends.filter(({ status }) => status === 'fulfilled').length
    },
    stored: () => store.load(executionId),
  }
}

test('invocations that left code behind have one effect after their execution has succeeded without a call', async () => {
  const job = openJob()
  await job.givenUp(1)
  await job.givenUp(2)
  await job.invoke(3)
  expect(await job.wake()).toBe(2)
  expect(job.effects).toEqual([5])
  expect(job.stored()).toEqual([])
})

test('code that was left behind gets the result of the call that the last invocation has made', async () => {
  const job = openJob()
  await job.givenUp(1)
  await job.givenUp(2)
  await job.invoke(3, job.pay)
  expect(await job.wake()).toBe(2)
  expect(job.effects).toEqual([5])
  expect(job.stored()).toEqual([])
})

test('invocations that left code behind have one effect after the final one has failed', async () => {
  const job = openJob()
  await job.givenUp(1)
  await job.givenUp(2)
  await job.givenUp(3)
  expect(await job.wake()).toBe(3)
  expect(job.effects).toEqual([5])
  expect(job.stored()).toEqual([])
})

test('a job that is queued again by hand after its final failure has an effect of its own', async () => {
  const job = openJob()
  await job.givenUp(2)
  await job.givenUp(3)
  await job.invoke(1, job.pay)
  await job.wake()
  expect(job.effects).toEqual([5, 5])
})

test('two invocations of one execution at the same time have one effect, also after both have ended', async () => {
  const job = openJob()
  const second = Promise.withResolvers<void>()
  const slow = job.invoke(1, async () => {
    job.leaveBehind()
    await second.promise
  })
  await job.invoke(2, job.leaveBehind)
  second.resolve()
  await slow
  expect(await job.wake()).toBe(2)
  expect(job.effects).toEqual([5])
  expect(job.stored()).toEqual([])
})

test('an invocation waits for the call of one that was given up, and gets its result', async () => {
  const job = openJob()
  await job.givenUp(1)
  const [, result] = await Promise.all([job.wake(), job.invoke(2, job.pay)])
  expect(result).toBe(1)
  expect(job.effects).toEqual([5])
})

test('a run without a queue leaves nothing in the store when it calls a tool after its end', async () => {
  const store = memoryOnceStore()
  const gate = Promise.withResolvers<void>()
  const pay = instrumentTool(async () => 'paid', { name: 'pay', once: { store } })
  let late: Promise<string> | undefined
  const agent = instrumentAgent(
    async () => {
      late = gate.promise.then(() => pay())
    },
    { name: 'plain', logger: false },
  )
  await agent()
  const executionId = telemetry.expectExecution('plain').id
  gate.resolve()
  expect(await late).toBe('paid')
  expect(store.load(executionId)).toEqual([])
})
