import { AsyncLocalStorage } from 'node:async_hooks'

import { LangChainInstrumentation } from '@swarmwatch/instrumentation'
import { afterEach, expect, test } from 'vitest'

const key = Symbol.for('ls:tracing_async_local_storage')
const variables = Symbol.for('lc:context_variables')
/** As in @langchain/core: not registered, so each copy of the package has its own. */
const configureHooks = Symbol('lc:configure_hooks')
const globals = globalThis as Record<symbol, AsyncLocalStorage<unknown> | undefined>

type Store = Record<PropertyKey, unknown> & { [variables]: Record<PropertyKey, unknown> }
const store = (): Store => globals[key]!.getStore() as Store

const started: LangChainInstrumentation[] = []
function start(): LangChainInstrumentation {
  const instrumentation = new LangChainInstrumentation()
  started.push(instrumentation)
  return instrumentation
}
afterEach(() => {
  for (const each of started.splice(0)) each.disable()
  delete globals[key]
})

test('the storage of LangChain contains a hook and its handler, with and without a store', () => {
  start()
  const contents = (): unknown => {
    const [hook] = store()[variables][configureHooks] as { contextVar: string }[]
    return store()[variables][hook!.contextVar]
  }
  expect(contents()).toMatchObject({ name: 'swarmwatch', awaitHandlers: true })
  globals[key]!.run({ extra: {} }, () => expect(contents()).toMatchObject({ name: 'swarmwatch' }))
})

test('hooks and variables of others are kept', () => {
  start()
  const mine = { contextVar: 'mine' }
  globals[key]!.run({ [variables]: { [configureHooks]: [mine], mine: 'handler' } }, () => {
    expect(store()[variables][configureHooks]).toEqual([mine, { contextVar: 'swarmwatch', inheritable: true }])
    expect(store()[variables]['mine']).toBe('handler')
    expect(Reflect.ownKeys(store()[variables])).toEqual(['mine', configureHooks])
  })
})

test('hooks that were copied with ours, as registerConfigureHook() does, contain it once', () => {
  start()
  const copied = store()[variables][configureHooks] as object[]
  globals[key]!.run({ [variables]: { [configureHooks]: [...copied, { contextVar: 'mine' }] } }, () =>
    expect(store()[variables][configureHooks]).toEqual([{ contextVar: 'mine' }, { contextVar: 'swarmwatch', inheritable: true }]),
  )
})

test('a run in progress reads its own variables again after disable()', () => {
  const instrumentation = start()
  globals[key]!.run({ [variables]: { mine: 'handler' } }, () => {
    const seen = store()
    instrumentation.disable()
    expect(seen[variables][configureHooks]).toBeUndefined()
    expect({ ...seen[variables] }).toEqual({ mine: 'handler' })
    expect(store()).toBe(seen)
  })
  expect(globals[key]!.getStore()).toBeUndefined()
})

test.each([null, 'text', 7, Object.freeze({ frozen: true })])(
  'a store that cannot be extended is returned unchanged: %o',
  (value) => {
    start()
    globals[key]!.run(value, () => expect(globals[key]!.getStore()).toBe(value))
  },
)

test('a store is extended once, however often and by however many instrumentations it is read', () => {
  start()
  start()
  globals[key]!.run({}, () => {
    const [first, second] = [store()[variables], store()[variables]]
    expect(second).toBe(first)
  })
})

test('disable() removes everything from the storage, in any order', () => {
  const [first, second] = [start(), start()]
  first.disable()
  expect(store()[variables][configureHooks]).toHaveLength(1)
  second.disable()
  expect(globals[key]!.getStore()).toBeUndefined()
})
