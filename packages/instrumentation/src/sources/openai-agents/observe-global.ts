import { guarded } from '@swarmwatch/sdk/instrumentation'

/** By the getter of an observed property whose observer is gone: puts back what was there before. */
const restores = new WeakMap<() => unknown, () => void>()

/**
 * Calls `follow` with the present and with every later value of a property of `globalThis`. The returned function undoes everything, in
 * any order with other observers of the property, each of which receives a new value.
 */
export function observeGlobal<T extends object>(key: symbol, follow: (value: T) => () => void): () => void {
  const globals = globalThis as Record<symbol, T | undefined>
  const before = Object.getOwnPropertyDescriptor(globals, key)
  let current = globals[key]
  let isReplaced = false
  let isUndone = false
  const followed = (value: T | undefined): (() => void) | undefined => value && guarded('framework', () => follow(value))
  let unfollow = followed(current)
  const get = (): T | undefined => current
  const set = (value: T | undefined): void => {
    // Another observer
    before?.set?.call(globals, value)
    current = value
    isReplaced = true
    unfollow?.()
    unfollow = isUndone ? undefined : followed(value)
  }
  if (before?.configurable !== false) {
    Object.defineProperty(globals, key, { configurable: true, enumerable: before?.enumerable ?? true, get, set })
  }

  const restore = (): void => {
    if (before && (before.set || !isReplaced)) Object.defineProperty(globals, key, before)
    else if (current === undefined) Reflect.deleteProperty(globals, key)
    else {
      const enumerable = before?.enumerable ?? true
      Object.defineProperty(globals, key, { configurable: true, enumerable, writable: true, value: current })
    }
  }
  return () => {
    isUndone = true
    unfollow?.()
    unfollow = undefined
    restores.set(get, restore)
    for (;;) {
      const getter: unknown = Reflect.get(Object.getOwnPropertyDescriptor(globals, key) ?? {}, 'get')
      const restoreTop = restores.get(getter as () => unknown)
      if (!restoreTop) return
      restoreTop()
    }
  }
}
