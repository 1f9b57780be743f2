import { randomUUID } from 'node:crypto'

import { expect, test } from 'vitest'

import type { OnceCall, OnceStore, StoredAttempt } from '../../src/index.ts'

/** A store of the kind under test. */
export interface StoreUnderTest {
  readonly store: OnceStore
  /** Another connection to the same entries, as a second process has. */
  readonly open?: () => OnceStore
}

const newCall = (changes: Partial<OnceCall> = {}): OnceCall => ({
  executionId: randomUUID(),
  tool: 'pay',
  key: 'key:invoice',
  number: 1,
  ...changes,
})

const newAttempt = (): StoredAttempt => ({
  executionId: randomUUID(),
  agentName: 'order-taker',
  attempt: 1,
  owner: 'first',
  traceparent: '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01',
})
const use = { usd: 0.25, tokens: 1200, modelCalls: 3, toolCalls: 2, seconds: 4.5 }

/** Tests that every store must pass. `stores` is called in each test. */
export function testOnceStore(name: string, stores: () => StoreUnderTest): void {
  test(`${name} begins an unknown call and then returns what it holds`, async () => {
    const { store } = stores()
    const call = newCall()
    expect(await store.load(call.executionId)).toEqual([])
    expect(await store.begin(call, 'first')).toBeUndefined()
    const begun = { ...call, state: 'begun', owner: 'first' }
    expect(await store.begin(call, 'second')).toEqual(begun)
    expect(await store.load(call.executionId)).toEqual([begun])
  })

  test(`${name} lets one of fifty callers begin a call`, async () => {
    const { store, open } = stores()
    const call = newCall()
    const connections = open ? [store, open(), open()] : [store]
    const begun = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => connections[at % connections.length]!.begin(call, `${at}`)),
    )
    expect(begun.filter((known) => known === undefined)).toHaveLength(1)
    expect(new Set(begun.map((known) => known?.owner)).size).toBe(2)
  })

  test(`${name} returns the result of a call that succeeded, unchanged`, async () => {
    const { store, open } = stores()
    const results = [
      undefined,
      null,
      true,
      0,
      -1.5e300,
      '',
      '\u0000 "quoted" \ud800 \u{1f600} \n',
      [],
      {},
      { deep: [{ er: [null, 'x'] }] },
      'x'.repeat(1_000_000),
    ]
    for (const result of results) {
      const call = newCall()
      await store.begin(call, 'owner')
      await store.succeed(call, result)
      for (const each of open ? [store, open()] : [store]) {
        const known = await each.begin(call, 'other')
        expect(known).toMatchObject({ state: 'done', owner: 'owner' })
        expect(known?.result).toEqual(result)
        expect((await each.load(call.executionId))[0]?.result).toEqual(result)
      }
    }
  })

  test(`${name} lets a removed call begin again`, async () => {
    const { store } = stores()
    const call = newCall()
    await store.remove(call, 'first')
    await store.begin(call, 'first')
    await store.remove(call, 'first')
    expect(await store.load(call.executionId)).toEqual([])
    expect(await store.begin(call, 'second')).toBeUndefined()
  })

  test(`${name} removes neither a call that another owner began, nor one that succeeded`, async () => {
    const { store } = stores()
    const call = newCall()
    await store.begin(call, 'first')
    await store.remove(call, 'second')
    expect(await store.load(call.executionId)).toMatchObject([{ state: 'begun', owner: 'first' }])
    await store.succeed(call, 'paid')
    for (const owner of ['first', 'second']) await store.remove(call, owner)
    expect(await store.load(call.executionId)).toMatchObject([{ state: 'done', result: 'paid' }])
  })

  test(`${name} returns the last attempt of an execution, and with it what was used until then`, async () => {
    const { store, open } = stores()
    const other = open ? open() : store
    const attempt = newAttempt()
    const { traceparent: _, ...silent } = { ...attempt, attempt: 2, owner: 'second' }
    const third = { ...attempt, attempt: 3, owner: 'third' }
    expect(await store.beginAttempt!(attempt)).toBeUndefined()
    expect(await other.beginAttempt!(silent)).toEqual(attempt)
    await other.saveUse!({ ...silent, use })
    // It was given up, and still runs
    await store.saveUse!({ ...attempt, use: { ...use, usd: 99 } })
    expect(await store.beginAttempt!(third)).toEqual({ ...silent, use })
    // Killed before it has recorded anything
    expect(await other.beginAttempt!({ ...attempt, attempt: 4 })).toEqual({ ...third, use })
  })

  test(`${name} begins without use when an execution begins again`, async () => {
    const { store } = stores()
    const attempt = newAttempt()
    await store.beginAttempt!({ ...attempt, attempt: 4 })
    await store.saveUse!({ ...attempt, attempt: 4, use })
    expect(await store.beginAttempt!(attempt)).toEqual({ ...attempt, attempt: 4, use })
    expect(await store.beginAttempt!({ ...attempt, attempt: 2 })).toEqual(attempt)
  })

  test(`${name} keeps the attempts of other executions and agents apart`, async () => {
    const { store } = stores()
    const attempt = newAttempt()
    await store.beginAttempt!(attempt)
    expect(await store.beginAttempt!({ ...attempt, agentName: 'other' })).toBeUndefined()
    expect(await store.beginAttempt!({ ...attempt, executionId: randomUUID() })).toBeUndefined()
    await store.saveUse!({ ...attempt, executionId: 'unknown', use })
    expect(await store.beginAttempt!({ ...attempt, attempt: 2 })).toEqual(attempt)
  })

  test(`${name} links fifty attempts that begin at the same time in one chain`, async () => {
    const { store, open } = stores()
    const attempt = newAttempt()
    const connections = open ? [store, open(), open()] : [store]
    const before = await Promise.all(
      Array.from({ length: 50 }, async (_, at) =>
        connections[at % connections.length]!.beginAttempt!({ ...attempt, attempt: 2, owner: `${at}` }),
      ),
    )
    const owners = before.map((each) => each?.owner)
    expect(owners.filter((owner) => owner === undefined)).toHaveLength(1)
    expect(new Set(owners).size).toBe(50)
  })

  test(`${name} keeps calls apart that differ in one of their parts`, async () => {
    const { store } = stores()
    const call = newCall()
    const hostile = `'; DROP TABLE swarmwatch_once; -- " \\ \n %s $1`
    const others = [
      { executionId: randomUUID() },
      { tool: hostile },
      { key: hostile },
      { number: 2 },
      { tool: 'Pay' },
      { key: 'x' },
    ]
    for (const other of [{}, ...others]) expect(await store.begin({ ...call, ...other }, 'owner')).toBeUndefined()
    await store.succeed(call, 'only this')
    const done = (await store.load(call.executionId)).filter(({ state }) => state === 'done')
    expect(done).toEqual([{ ...call, state: 'done', owner: 'owner', result: 'only this' }])
    expect(await store.load(call.executionId)).toHaveLength(6)
  })
}
