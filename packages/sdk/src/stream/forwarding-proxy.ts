type Call = (...args: unknown[]) => unknown

/** What {@link forwardTo} adds to plain forwarding. */
export interface Forwarding {
  /** Properties of the forwarder's own. */
  readonly own: Readonly<Record<PropertyKey, unknown>>
  /** Gets what other methods return; what it returns comes out. @default it comes out as it is */
  readonly returned?: (value: unknown) => unknown
}

/**
 * An object that is like `current()` in everything, its prototype included, but for the properties in `own`. Methods are called on the
 * object itself, so that private fields work; a method that returns the object returns the forwarder.
 */
export function forwardTo<T extends object>(current: () => T, { own, returned = (value) => value }: Forwarding): T {
  const first = current()
  // The rules for proxies forbid other values for properties that cannot change: then the target is a stand-in
  const isFixed = hasFixedProperties(first)
  const target = isFixed ? standIn(first) : first
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
    // Frozen since
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

function standIn<T extends object>(of: T): T {
  return (typeof of === 'function' ? () => {} : {}) as T
}

/** Also true for a proxy whose traps throw: only who asks for something may meet them. */
function hasFixedProperties(of: object): boolean {
  try {
    return Reflect.ownKeys(of).some((key) => !Reflect.getOwnPropertyDescriptor(of, key)?.configurable)
  } catch {
    return true
  }
}
