import type { HostileCase } from './isolation-case.ts'
import { boom, untouchable } from './odd.ts'

const getter = (): object => Object.defineProperty({}, 'secret', { get: boom, enumerable: true })
const cycle = (): object => {
  const one: Record<string, unknown> = { big: 10n, nothing: undefined, call: boom, symbol: Symbol('x') }
  return Object.assign(one, { self: one })
}
/** What `await` takes for a promise, and nothing else does: `then()` returns nothing. */
const minimalThenable = (value: unknown): object => ({
  // oxlint-disable-next-line unicorn/no-thenable -- that is the case
  then(resolve: (value: unknown) => void) {
    setImmediate(resolve, value)
  },
})
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
  { name: 'a result that only await takes for a promise', surface: 'value', prepare: () => ({ thenable: minimalThenable }) },
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

/** What an agent may throw. */
export const errorCases: readonly HostileCase[] = Object.entries(errors).map(([name, make]) => ({
  name: `the agent throws ${name}`,
  surface: 'error',
  prepare: () => ({ thrown: { error: make() } }),
}))
