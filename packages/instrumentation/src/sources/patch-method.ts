type Method = (...args: never[]) => unknown

/**
 * Replaces a method of one object by `wrap(original)`; `original` is bound to the object. The returned function restores the object,
 * unless another party has replaced the method since: then `wrap` must make no difference any more.
 */
export function patchMethod<M extends Method>(object: object, name: string, wrap: (original: M) => M): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name)
  const methods = object as Record<string, Method | undefined>
  const patched = wrap((methods[name] as Method).bind(object) as M)
  methods[name] = patched
  return () => {
    if (methods[name] !== patched) return
    if (own) Object.defineProperty(object, name, own)
    else delete methods[name]
  }
}
