import { randomUUID } from 'node:crypto'

import { expect, test } from 'vitest'

import type { OnceCall, OnceStore } from '../../src/index.ts'

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
