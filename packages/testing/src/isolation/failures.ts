/** Thrown by everything that breaks. */
export function boom(): never {
  throw new Error('telemetry is broken')
}

/** A promise that rejects though nobody waits for it. */
export const reject = (): Promise<never> => Promise.reject(new Error('not awaited by anybody'))

/** A promise that never settles. */
export const hang = (): Promise<never> => new Promise(() => {})

/** An object that throws whenever it is looked at; only `await` may take it for what it is. */
export function untouchable(): object {
  return new Proxy({}, refuse)
}

const refuse: ProxyHandler<object> = {
  get: (_, key) => (key === 'then' ? undefined : boom()),
  getPrototypeOf: boom,
  has: boom,
  ownKeys: boom,
  getOwnPropertyDescriptor: boom,
}

/** The ways in which a function can throw, each with a name. */
export const throwing: Readonly<Record<string, () => never>> = {
  throws: boom,
  'throws undefined': () => {
    throw undefined
  },
  'throws an object that throws when it is looked at': () => {
    throw untouchable()
  },
}
