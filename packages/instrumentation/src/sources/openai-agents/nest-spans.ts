import { AsyncLocalStorage } from 'node:async_hooks'

import { context, type Context } from '@opentelemetry/api'
import { callWithin, guarded, withConversation, type ReportedToolCall } from '@swarmwatch/sdk/instrumentation'

import { patchMethod } from '../patch-method.ts'

/** The group of each trace, which is the conversation that it belongs to. */
export type GroupIds = WeakMap<object, string>

type Run = (store: { readonly trace?: object } | undefined, call: (...args: unknown[]) => unknown, ...args: unknown[]) => unknown

/**
 * Lets a span that the OpenAI Agents SDK starts become the active one of OpenTelemetry for the function that it measures. The SDK calls
 * that function inside `run()` of its async storage and starts the span there, so `run()` activates a context that {@link enterSpan}
 * can replace. The function that a trace measures becomes part of the conversation of its group. The storage is created as the SDK would
 * do it, if that has not happened yet. The returned function undoes it.
 */
export function nestSpans(storageKey: symbol, groupIds: GroupIds): () => void {
  const globals = globalThis as Record<symbol, AsyncLocalStorage<unknown> | undefined>
  if (globals[storageKey] === undefined) {
    Object.defineProperty(globals, storageKey, { value: new AsyncLocalStorage(), writable: true, configurable: true })
  }
  return patchMethod<Run>(
    globals[storageKey]!,
    'run',
    (run) =>
      (store, call, ...args) =>
        run(store, () => {
          const groupId = store?.trace && groupIds.get(store.trace)
          const called = (): unknown => callReplaceable(() => call(...args))
          return groupId === undefined ? called() : withConversation(groupId, called)
        }),
  )
}

/** Makes the span of a tool call the active one for the function that the SDK is about to call. Call it when that span starts. */
export function enterSpan(call: ReportedToolCall): void {
  const active = context.active()
  if (replace in active) (active as ReplaceableContext)[replace](call.context)
}

function callReplaceable<T>(call: () => T): T {
  const active = guarded('framework', () => new ReplaceableContext(context.active()))
  if (!active) return call()
  try {
    return callWithin(active, call)
  } finally {
    // The SDK starts its span at once; a span that starts later belongs to another function
    active.close()
  }
}

/** Known to every copy of this package, of which only one follows the spans. */
const replace = Symbol.for('@swarmwatch/instrumentation/replace-context/1')

/** A context that can be replaced by another one after it became active, until it is closed. */
class ReplaceableContext implements Context {
  #current: Context
  #isOpen = true

  constructor(current: Context) {
    this.#current = current
  }

  [replace](by: Context): void {
    if (this.#isOpen) this.#current = by
  }

  close(): void {
    this.#isOpen = false
  }

  getValue(key: symbol): unknown {
    return this.#current.getValue(key)
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#current.setValue(key, value)
  }

  deleteValue(key: symbol): Context {
    return this.#current.deleteValue(key)
  }
}
