/** Throws the error of everything that fails. */
export function boom(): never {
  throw new Error('telemetry is broken')
}

/** Returns a promise that rejects although no one awaits it. */
export const reject = (): Promise<never> => Promise.reject(new Error('not awaited by anyone'))

/** Returns a promise that never settles. */
export const hang = (): Promise<never> => new Promise(() => {})

/** Returns an object that throws whenever it is read, except by `await`. */
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

/** Functions that throw in different ways, by description. */
export const throwing: Readonly<Record<string, () => never>> = {
  throws: boom,
  'throws undefined': () => {
    throw undefined
  },
  'throws an object that throws when it is looked at': () => {
    throw untouchable()
  },
}
