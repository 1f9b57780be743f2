import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { eventually } from '@swarmwatch/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { instrumentAgent, instrumentTool, isRetryable, memoryOnceStore, type OnceStore } from '../../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const recovery = { baseDelaySeconds: 0 }
const busy = (): Error => Object.assign(new Error('busy'), { status: 503 })

type Method = 'load' | 'begin' | 'succeed' | 'remove'

/** A durable store whose calls hang, and happen late, in `hangs`. */
class HangingStore implements OnceStore {
  readonly isDurable = true
  readonly hangs = new Set<Method>()
  /** The calls that were carried out, in their order. */
  readonly done: string[] = []
  readonly #store = memoryOnceStore()
  #held: (() => void)[] = []

  load = (id: string) => this.#hold('load', () => this.#store.load(id))
  begin = (call: Parameters<OnceStore['begin']>[0], owner: string) => this.#hold('begin', () => this.#store.begin(call, owner))
  succeed = (call: Parameters<OnceStore['succeed']>[0], result: unknown) =>
    this.#hold('succeed', () => this.#store.succeed(call, result))
  remove = (call: Parameters<OnceStore['remove']>[0], owner: string) =>
    this.#hold('remove', () => this.#store.remove(call, owner))

  /** Carries out the first call that was held back. */
  answerFirst(): void {
    this.#held.shift()?.()
  }

  /** Carries out what was held back, and holds nothing back any longer. */
  answer(): void {
    this.hangs.clear()
    const held = this.#held
    this.#held = []
    for (const each of held) each()
  }

  #hold<T>(method: Method, call: () => T | Promise<T>): T | Promise<T> {
    const run = (): T | Promise<T> => (this.done.push(method), call())
    if (!this.hangs.has(method)) return run()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held.push(resolve)
    return promise.then(run)
  }
}

/** A tool that pays, once per call, unless `outcomes` has an error for it. */
function openBank(store: OnceStore, outcomes: (Error | undefined)[] = []) {
  let payments = 0
  let calls = 0
  const pay = instrumentTool(
    async () => {
      const outcome = outcomes[calls++]
      if (outcome) throw outcome
      return `paid ${++payments}`
    },
    { name: 'pay', once: { store, storeTimeoutSeconds: 0.02 } },
  )
  return { pay, payments: () => payments, calls: () => calls }
}

const lines: string[] = []
const keep = (line: string) => lines.push(line)
beforeEach(() => void lines.splice(0))

/** Runs `attempts` one after the other; all but the last fail afterwards. */
function runAttempts<T>(...attempts: (() => Promise<T>)[]): Promise<T> {
  let number = 0
  const agent = instrumentAgent(
    async () => {
      const result = await attempts[number++]!()
      if (number < attempts.length) throw busy()
      return result
    },
    { name: 'payer', recovery, logger: { warn: keep, error: keep } },
  )
  return agent()
}

const reported = () => lines.filter((line) => line.startsWith('[ONCE]'))
const entries = async (store: OnceStore) => store.load(telemetry.executions()[0]!.id)

test.each(['load', 'begin'] as const)(
  'a store that hangs in %s ends the call before its effect, which is retried',
  async (method) => {
    const store = new HangingStore()
    store.hangs.add(method)
    const { pay, payments } = openBank(store)
    let first: unknown
    const result = await runAttempts(
      () =>
        pay().catch((error: unknown) => {
          first = error
          expect(payments()).toBe(0)
          store.hangs.clear()
          return ''
        }),
      pay,
    )
    expect(first).toMatchObject({ name: 'OnceError', reason: 'store_unavailable', cause: { name: 'StoreTimeoutError' } })
    expect(isRetryable(first)).toBe(true)
    expect({ result, payments: payments() }).toEqual({ result: 'paid 1', payments: 1 })
    // The first call reaches the store after the effect, and changes nothing
    store.answer()
    await eventually('the late call', () => store.done.filter((each) => each === method).length === 2)
    expect(await entries(store)).toMatchObject([{ state: 'done', result: 'paid 1' }])
    expect(await telemetry.sum('agent.tool.uncertain')).toBe(0)
  },
)

test('a store that hangs after the effect does not hold back its result, and is reported', async () => {
  const store = new HangingStore()
  store.hangs.add('succeed')
  const { pay, payments } = openBank(store)
  expect(await runAttempts(pay, pay, pay)).toBe('paid 1')
  expect(payments()).toBe(1)
  expect(reported()).toEqual([
    expect.stringMatching(/the tool pay has had its effect, but its result was not recorded.*StoreTimeoutError/),
  ])
  expect(await telemetry.sum('agent.tool.uncertain')).toBe(1)
  store.answer()
  await eventually('the late record', () => store.done.includes('succeed'))
  expect(await entries(store)).toMatchObject([{ state: 'done', result: 'paid 1' }])
})

test('a record that the store makes too late is removed, so that the effect is not uncertain for another process', async () => {
  const store = new HangingStore()
  store.hangs.add('begin')
  const { pay, payments } = openBank(store)
  await runAttempts(() => pay().catch(() => ''))
  store.answer()
  await eventually('the record to be removed', () => store.done.includes('remove'))
  expect(store.done.slice(-2)).toEqual(['begin', 'remove'])
  expect(await entries(store)).toEqual([])
  expect(payments()).toBe(0)
})

test('a record that is made too late, while a later call waits for the store, is removed as well', async () => {
  const store = new HangingStore()
  store.hangs.add('begin')
  const { pay, calls } = openBank(store)
  const failing = () => pay().catch((error: Error) => error.name)
  const second = await runAttempts(failing, () => {
    const waiting = failing()
    store.answerFirst()
    return waiting
  })
  expect(second).toBe('OnceError')
  const removals = (count: number) =>
    eventually(`removal ${count}`, () => store.done.filter((each) => each === 'remove').length === count)
  await removals(1)
  store.answer()
  await removals(2)
  expect(await entries(store)).toEqual([])
  expect(calls()).toBe(0)
})

test('a record that is made too late, after a later call has failed, is removed as well', async () => {
  const store = new HangingStore()
  store.hangs.add('begin')
  const { pay, calls } = openBank(store, [new Error('out of money')])
  await runAttempts(
    () => pay().catch(() => ''),
    () => {
      store.hangs.clear()
      return pay().catch(() => '')
    },
  )
  store.answer()
  await eventually('the second removal', () => store.done.filter((each) => each === 'remove').length === 2)
  expect(await entries(store)).toEqual([])
  expect(calls()).toBe(1)
})

test.each([true, false])('a call begins again only after its record was removed (record made too late: %s)', async (isLate) => {
  const store = new HangingStore()
  const { pay, payments } = openBank(store, isLate ? [] : [new Error('out of money')])
  const errors: unknown[] = []
  const failing = () => pay().catch((error: Error) => (errors.push(error), ''))
  await runAttempts(
    async () => {
      if (isLate) store.hangs.add('begin')
      else store.hangs.add('remove')
      await failing()
      if (isLate) {
        store.answer()
        store.hangs.add('remove')
        await eventually('the late record', () => store.done.includes('begin'))
      }
      return ''
    },
    // The removal still hangs: a new record would be lost with it
    failing,
    async () => {
      expect(payments()).toBe(0)
      store.answer()
      return pay()
    },
  )
  expect(errors.map((error) => (error as Error).name)).toEqual([isLate ? 'OnceError' : 'Error', 'OnceError'])
  expect(store.done.filter((each) => each !== 'load')).toEqual(['begin', 'remove', 'begin', 'succeed'])
  expect(await entries(store)).toMatchObject([{ state: 'done', result: 'paid 1' }])
})

test('a store that hangs when a failure is removed does not hold back the error of the tool', async () => {
  const store = new HangingStore()
  store.hangs.add('remove')
  const { pay } = openBank(store, [new Error('out of money')])
  expect(await runAttempts(() => pay().catch((error: Error) => error.message))).toBe('out of money')
  expect(reported()).toHaveLength(1)
  expect(await telemetry.sum('agent.tool.uncertain')).toBe(1)
})
