type Method = (...args: never[]) => unknown

interface Patch {
  /** The object's own property before, if it had one. */
  readonly before: PropertyDescriptor | undefined
  isUndone: boolean
}

const patches = new WeakMap<Method, Patch>()

/**
 * Replaces a method of one object by `wrap(original)`; `original` is bound to the object. The returned function restores the object, in
 * any order with other patches. An object without that method is left unchanged. A method that another party has replaced since is not
 * restored: what `wrap` returned may still be called then, and must only call `original`.
 */
export function patchMethod<M extends Method>(object: object, name: string, wrap: (original: M) => M): () => void {
  const methods = object as Record<string, Method | undefined>
  const patch: Patch = { before: Object.getOwnPropertyDescriptor(object, name), isUndone: false }
  const method = methods[name]
  if (typeof method !== 'function') return () => {}
  const patched = wrap(method.bind(object) as M)
  patches.set(patched, patch)
  methods[name] = patched
  return () => {
    patch.isUndone = true
    for (;;) {
      const top = patches.get(methods[name]!)
      if (!top?.isUndone) return
      if (top.before) Object.defineProperty(object, name, top.before)
      else delete methods[name]
    }
  }
}
