type Call = (...args: unknown[]) => unknown

/** Additions of {@link forwardTo} to plain forwarding. */
export interface Forwarding {
  /** The forwarder's own properties. */
  readonly own: Readonly<Record<PropertyKey, unknown>>
  /** Replaces the values that other methods return. @default they are returned unchanged */
  readonly returned?: (value: unknown) => unknown
}

/**
 * Returns an object that behaves like `current()`, including its prototype, except for the properties in `own`. Methods are called on
 * the original object, so that private fields work; a method that returns the object returns the forwarder.
 */
export function forwardTo<T extends object>(current: () => T, { own, returned = (value) => value }: Forwarding): T {
  const first = current()
  // Proxies must not return other values for fixed properties, so the target is then an empty object or function
  const isFixed = hasFixedProperties(first)
  const target = isFixed ? emptyTarget(first) : first
  const methods = new WeakMap<object, { readonly owner: T; readonly made: unknown }>()
  const mine = new Map<PropertyKey, unknown>(Reflect.ownKeys(own).map((key) => [key, Reflect.get(own, key)]))

  const bound = (method: Call, owner: T): unknown => {
    const known = methods.get(method)
    if (known?.owner === owner) return known.made
    const made = new Proxy(method, {
      apply(call, self, args: unknown[]) {
        const value = Reflect.apply(call, self === forwarder ? owner : self, args)
        return value === owner ? forwarder : returned(value)
      },
    })
    methods.set(method, { owner, made })
    return made
  }
  const get = (key: PropertyKey): unknown => {
    const fixed = isFixed ? undefined : Reflect.getOwnPropertyDescriptor(target, key)
    // Frozen in the meantime
    if (fixed?.configurable === false) return Reflect.get(target, key, target)
    if (mine.has(key)) return mine.get(key)
    const source = current()
    const value: unknown = Reflect.get(source, key, source)
    return typeof value === 'function' && key !== 'constructor' ? bound(value as Call, source) : value
  }
  const forwarder = new Proxy(target, {
    get: (_, key) => get(key),
    set(_, key, value) {
      mine.delete(key)
      const source = current()
      return Reflect.set(source, key, value, source)
    },
    has: (_, key) => mine.has(key) || Reflect.has(current(), key),
    apply: (_, self, args) => Reflect.apply(current() as unknown as Call, self, args),
    ...(isFixed && {
      getPrototypeOf: () => Reflect.getPrototypeOf(current()),
      ownKeys: () => Reflect.ownKeys(current()),
      getOwnPropertyDescriptor(_: T, key: PropertyKey) {
        const found = Reflect.getOwnPropertyDescriptor(current(), key)
        return found && { ...found, configurable: true, ...('value' in found && { value: get(key) }) }
      },
    }),
  })
  return forwarder
}

function emptyTarget<T extends object>(of: T): T {
  return (typeof of === 'function' ? () => {} : {}) as T
}

/** Also true for a proxy whose traps throw, so that its errors appear only when a caller reads from it. */
function hasFixedProperties(of: object): boolean {
  try {
    return Reflect.ownKeys(of).some((key) => !Reflect.getOwnPropertyDescriptor(of, key)?.configurable)
  } catch {
    return true
  }
}
