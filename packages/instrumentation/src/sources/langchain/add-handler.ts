import type { AsyncLocalStorage } from 'node:async_hooks'

import { guarded } from '@swarmwatch/sdk/instrumentation'

import { ActiveSource } from '../active-source.ts'
import { patchMethod } from '../patch-method.ts'
import type { LangChainHandler, RunnableConfig } from './langchain-handler.ts'

/** Description of the key under which a store keeps its context variables. */
export const variablesName = 'lc:context_variables'
/** Description of the variable that lists the hooks which add handlers. Its symbol is not registered, so it is known by description. */
export const configureHooksName = 'lc:configure_hooks'
const variablesKey = Symbol.for(variablesName)
const childConfigKey = Symbol.for('lc:child_config')

/** The variable that contains the handler of the active source. */
const handlerVariable = 'swarmwatch'
/** Marks variables that have it, for every copy of this package. */
const isExtended = Symbol.for('@swarmwatch/instrumentation/langchain/1')

type Variables = Record<PropertyKey, unknown>
interface Store {
  [variablesKey]?: Variables
  readonly extra?: { readonly [childConfigKey]?: RunnableConfig }
}

type GetStore = () => unknown
type Run = (store: unknown, call: (...args: unknown[]) => unknown, ...args: unknown[]) => unknown

/**
 * Adds a handler to every run of LangChain, and lets it wrap the function of each run. LangChain reads context variables from the store
 * of `storage`: one of them lists hooks, and a hook names the variable with its handler. Each store appears to have both variables.
 * Where there is no store, one appears that is like the one `setContextVariable()` creates. The returned function undoes it.
 */
export function addHandler(storage: AsyncLocalStorage<unknown>, handler: LangChainHandler): () => void {
  const source = new ActiveSource('langchain', handler)
  const withHandler = (variables: Variables): Variables =>
    new Proxy(variables, {
      get(target, name, receiver) {
        if (name === isExtended) return true
        const value: unknown = Reflect.get(target, name, receiver)
        const active = source.activeHandler
        if (active === undefined) return value
        if (name === handlerVariable) return active
        return typeof name === 'symbol' && name.description === configureHooksName ? withHook(value) : value
      },
    })
  const extended = (variables: Variables = {}): Variables => (variables[isExtended] === true ? variables : withHandler(variables))
  const extend = (store: unknown): void => {
    if (typeof store !== 'object' || store === null || !Object.isExtensible(store)) return
    const { [variablesKey]: variables } = store as Store
    if (variables?.[isExtended] !== true) (store as Store)[variablesKey] = extended(variables)
  }

  // Node's run() reads the store with getStore() to restore it afterwards: it must not find one that only appears
  let isEntering = false
  const undo = [
    patchMethod<GetStore>(storage, 'getStore', (getStore) => () => {
      const store = getStore()
      if (isEntering || source.activeHandler === undefined) return store
      if (store === undefined) return { [variablesKey]: extended() }
      guarded('framework', () => extend(store))
      return store
    }),
    patchMethod<Run>(storage, 'run', (run) => (store, call, ...args) => {
      const childConfig = guarded('framework', () => (store as Store | null | undefined)?.extra?.[childConfigKey])
      isEntering = true
      try {
        return run(store, () => {
          isEntering = false
          return handler.within(childConfig, () => call(...args))
        })
      } finally {
        isEntering = false
      }
    }),
  ]
  return () => {
    // Runs in progress keep their stores, which are like before once the source is released
    source.release()
    for (const each of undo) each()
  }
}

function withHook(hooks: unknown): unknown[] {
  const others = Array.isArray(hooks) ? hooks.filter((hook: { contextVar?: unknown }) => hook.contextVar !== handlerVariable) : []
  return [...others, { contextVar: handlerVariable, inheritable: true }]
}
