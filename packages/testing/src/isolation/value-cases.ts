import type { HostileCase } from './isolation-case.ts'
import { boom, untouchable } from './failures.ts'

const getter = (): object => Object.defineProperty({}, 'secret', { get: boom, enumerable: true })
const cycle = (): object => {
  const one: Record<string, unknown> = { big: 10n, nothing: undefined, call: boom, symbol: Symbol('x') }
  return Object.assign(one, { self: one })
}
/** Returns an object that only `await` treats as a promise: its `then()` returns nothing. */
const minimalThenable = (value: unknown): object => ({
  // oxlint-disable-next-line unicorn/no-thenable -- that is the case
  then(resolve: (value: unknown) => void) {
    setImmediate(resolve, value)
  },
})
/** Returns a thenable that settles twice, then throws, and whose value is itself a thenable. */
const unrulyThenable = (value: unknown): object => ({
  // oxlint-disable-next-line unicorn/no-thenable -- that is the case
  then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    resolve(minimalThenable(value))
    reject(new Error('too late'))
    boom()
  },
})
/** Returns a thenable of which only `then()` can be read; everything else throws. */
const untouchableThenable = (value: unknown): object =>
  new Proxy(Object.create(null) as object, {
    get: (_, key) => (key === 'then' ? (resolve: (value: unknown) => void) => resolve(value) : boom()),
    has: boom,
    getPrototypeOf: boom,
    ownKeys: boom,
    getOwnPropertyDescriptor: boom,
  })
class PrivatePromise extends Promise<unknown> {
  #value: unknown
  static of(value: unknown): PrivatePromise {
    const made = new PrivatePromise((resolve) => resolve('not the value'))
    made.#value = value
    return made
  }
  // oxlint-disable-next-line unicorn/no-thenable -- as above
  override then<A = unknown, B = never>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return Promise.resolve(this.#value).then(fulfilled, rejected)
  }
}
/** Returns an object that looks iterable but throws when it is read. */
const hostileIterable = (): object => ({
  [Symbol.asyncIterator]: boom,
  [Symbol.iterator]: boom,
  next: boom,
  return: boom,
  throw: boom,
})
/** Announces an error as the type of a part, and throws when it is looked at. */
const hostilePart = (): object => Object.defineProperty({ type: 'error' }, 'error', { get: boom, enumerable: true })
const deep = (): object => {
  let nested: object = {}
  for (let depth = 0; depth < 10_000; depth += 1) nested = { nested }
  return nested
}

const values: Readonly<Record<string, () => unknown>> = {
  'a getter that throws': getter,
  'a toJSON that throws': () => ({ toJSON: boom }),
  'cycles and big integers': cycle,
  'traps that throw': untouchable,
  '10,000 levels': deep,
}

/** Arguments and results that are hard to record. */
export const valueCases: readonly HostileCase[] = [
  ...Object.entries(values).flatMap(([name, make]): HostileCase[] => [
    { name: `an argument with ${name}`, surface: 'value', prepare: () => ({ task: make() }) },
    { name: `a result with ${name}`, surface: 'value', prepare: () => ({ value: make() }) },
  ]),
  { name: 'a result that is undefined', surface: 'value', prepare: () => ({ value: undefined }) },
  { name: 'a result that is frozen', surface: 'value', prepare: () => ({ value: Object.freeze({ answer: 42 }) }) },
  { name: 'a result of 10 MB', surface: 'value', prepare: () => ({ value: 'x'.repeat(10_000_000) }) },
  {
    name: 'a result that looks iterable but throws when it is read',
    surface: 'value',
    prepare: () => ({ value: hostileIterable() }),
  },
  { name: 'a result that looks like an error part and throws', surface: 'value', prepare: () => ({ value: hostilePart() }) },
  { name: 'a promise that settles twice and throws', surface: 'value', prepare: () => ({ returned: unrulyThenable }) },
  {
    name: 'a promise of which nothing but then can be read',
    surface: 'value',
    prepare: () => ({ returned: untouchableThenable }),
  },
  { name: 'a promise with private fields', surface: 'value', prepare: () => ({ returned: (value) => PrivatePromise.of(value) }) },
  { name: 'a result that only await takes for a promise', surface: 'value', prepare: () => ({ returned: minimalThenable }) },
]

const everyProperty = 'name message stack cause code status statusCode response headers lastError constructor'.split(' ')
const endless = (): object => ({
  get cause() {
    return endless()
  },
})
const errors: Readonly<Record<string, () => unknown>> = {
  'an object whose traps throw': untouchable,
  'an error behind a proxy without a prototype': () => new Proxy(new RangeError('x'), { getPrototypeOf: boom }),
  'an error whose every property throws': () =>
    Object.defineProperties(new Error('x'), Object.fromEntries(everyProperty.map((key) => [key, { get: boom }]))),
  'an error that is its own cause': () => {
    const error = new Error('x')
    return Object.assign(error, { cause: error })
  },
  'an error with an endless chain of causes': () => Object.defineProperty(new Error('x'), 'cause', { get: endless }),
  'an error with a message of 1 MB': () => Object.assign(new Error('a-'.repeat(500_000)), { code: 'c'.repeat(1_000_000) }),
  'an error with a name of 1 MB': () => Object.assign(new Error('x'), { name: 'n'.repeat(1_000_000) }),
  'an error with headers that throw': () => Object.assign(new Error('x'), { status: 429, headers: { get: boom } }),
  'a frozen error': () => Object.freeze(new Error('x')),
  'an error that names no type': () => Object.assign(new Error('x'), { name: Symbol('name'), message: 10n, stack: {}, code: {} }),
  'a function': () => boom,
  undefined: () => undefined,
  null: () => null,
  'a symbol': () => Symbol('x'),
  'a big integer': () => 10n,
  'a string of 1 MB': () => 'x'.repeat(1_000_000),
}

/** Errors that an agent may throw. */
export const errorCases: readonly HostileCase[] = Object.entries(errors).map(([name, make]) => ({
  name: `the agent throws ${name}`,
  surface: 'error',
  prepare: () => ({ thrown: { error: make() } }),
}))
