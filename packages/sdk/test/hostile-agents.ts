import { onExecution, type InstrumentAgentOptions } from '../src/index.ts'
import { realWorld, type World } from '../src/world.ts'
import { boom } from './hostile-telemetry.ts'

/** What can be wrong around an agent although its telemetry works. */
export interface Hostility {
  readonly options?: object
  readonly argument?: unknown
  readonly result?: object
  readonly world?: World
  readonly listener?: Parameters<typeof onExecution>[0]
  /** The place that is counted for it, and where an agent has to fail for that. */
  readonly where?: string
  readonly onlyIn?: readonly string[]
}

const reject = (): Promise<never> => Promise.reject(new Error('not awaited by anybody'))
const failures = ['recovers', 'fails']
const getter = (): object => Object.defineProperty({}, 'secret', { get: boom, enumerable: true })
const cycle = (): object => {
  const one: Record<string, unknown> = { big: 10n, nothing: undefined, call: boom, symbol: Symbol('x') }
  return Object.assign(one, { self: one })
}
const refuseAll: ProxyHandler<object> = {
  get: (_, key) => (key === 'then' ? undefined : boom()),
  getPrototypeOf: boom,
  has: boom,
  ownKeys: boom,
  getOwnPropertyDescriptor: boom,
}
const options = (given: InstrumentAgentOptions<never, never>, where?: string, onlyIn?: readonly string[]): Hostility => ({
  options: given,
  ...(where !== undefined && { where }),
  ...(onlyIn && { onlyIn }),
})
const logger = (say: () => void): Hostility => options({ logger: { warn: say, error: say } }, 'logger', failures)
const content = (value: object, where?: string): Hostility => ({
  ...options({ captureInput: true, captureOutput: true }, where),
  argument: value,
  result: value,
})

const addItself = (): void => void onExecution(addItself)
let backwards = Number.MAX_SAFE_INTEGER

export const hostilities: Record<string, Hostility> = {
  'attributes with a throwing getter': options({ attributes: getter() as never }, 'option'),
  'attributes that no span can hold': options({ attributes: { big: 10n, cycle: cycle(), nested: getter() } as never }, 'span'),
  'a captured getter that throws': content(getter(), 'capture'),
  'a captured toJSON that throws': content({ toJSON: boom }, 'capture'),
  'a captured cycle with big integers': content(cycle()),
  'a captured proxy whose traps throw': content(new Proxy({}, refuseAll), 'capture'),
  'an argument whose traps throw': { argument: new Proxy({}, refuseAll) },
  'a redactor of the arguments that throws': options({ captureInput: boom }, 'capture'),
  'a redactor of the result that throws': options({ captureOutput: boom }, 'capture', ['succeeds', 'recovers']),
  'a redactor of messages that throws': options({ errorMessages: boom }, 'capture', failures),
  'redactors that reject': options({ captureInput: reject, captureOutput: reject, errorMessages: reject as never }, 'capture'),
  'redactors that return nonsense': options({ captureInput: () => Symbol('x'), errorMessages: (() => 5) as never }),
  'a logger that throws': logger(boom),
  'a logger that rejects': logger(reject as never),
  'a variant that throws': options({ variant: boom }, 'option'),
  'a variant that rejects': options({ variant: reject as never }, 'option'),
  'a variant that is no string': options({ variant: (() => 5) as never }, 'option'),
  'a signalFrom that throws': options({ signalFrom: boom }, 'option'),
  'a signalFrom that rejects': options({ signalFrom: reject as never }, 'option'),
  'a signalFrom that finds no signal': options({ signalFrom: (() => ({ aborted: true })) as never }, 'option'),
  'a retryIf that throws': options({ recovery: { maxRetries: 2, baseDelaySeconds: 0, retryIf: boom } }, 'option', failures),
  'a retryIf that rejects': options(
    { recovery: { maxRetries: 2, baseDelaySeconds: 0, retryIf: reject as never } },
    'option',
    failures,
  ),
  'a streamOf that throws': options({ streamOf: boom }, 'option', ['succeeds', 'recovers']),
  'a streamOf that rejects': options({ streamOf: reject as never }, 'option', ['succeeds', 'recovers']),
  'a streamOf that finds no stream': options({ streamOf: (() => 'x') as never }, 'option', ['succeeds', 'recovers']),
  'a listener that throws': { listener: boom, where: 'listener' },
  'a listener that rejects': { listener: reject as never, where: 'listener' },
  'a listener that adds itself again': { listener: addItself },
  'a listener that changes what it is given': {
    listener: ({ execution }) => {
      Object.assign(execution, { attempts: undefined, agentName: undefined, id: undefined })
    },
  },
  'a clock that goes backwards': {
    world: { ...realWorld, now: () => (backwards -= 1000), wallClock: () => (backwards -= 1000) },
  },
  'a clock that does not know the time': { world: { ...realWorld, now: () => Number.NaN, wallClock: () => Number.NaN } },
  'a clock that does not know the time, under time limits': {
    ...options({ recovery: { maxRetries: 2, baseDelaySeconds: 0, attemptTimeoutSeconds: 60, totalTimeoutSeconds: 600 } }),
    world: { ...realWorld, now: () => Number.NaN },
  },
}

/** What an agent may throw. */
export const hostileErrors: Record<string, unknown> = {
  'a proxy whose traps throw': new Proxy({}, refuseAll),
  'an error behind a proxy without a prototype': new Proxy(new RangeError('x'), { getPrototypeOf: boom }),
  'an error whose every property throws': Object.defineProperties(
    new Error('x'),
    Object.fromEntries(
      [
        'name',
        'message',
        'stack',
        'cause',
        'code',
        'status',
        'statusCode',
        'response',
        'headers',
        'lastError',
        'constructor',
      ].map((key) => [key, { get: boom }]),
    ),
  ),
  'an error that is its own cause': Object.assign(new Error('x'), {
    get cause(): unknown {
      return this
    },
  }),
  'an error with an endless chain of causes': (() => {
    const link = (): object => ({
      get cause() {
        return link()
      },
    })
    return Object.assign(new Error('x'), link())
  })(),
  'an error with a message of 1 MB': Object.assign(new Error('a-'.repeat(500_000)), { code: 'c'.repeat(1_000_000) }),
  'an error with a name of 1 MB': Object.assign(new Error('x'), { name: 'n'.repeat(1_000_000) }),
  'an error with headers that throw': Object.assign(new Error('x'), { status: 429, headers: { get: boom } }),
  'a frozen error': Object.freeze(new Error('x')),
  'an error that names no type': Object.assign(new Error('x'), { name: Symbol('name'), message: 10n, stack: {}, code: {} }),
  'a function': boom,
  undefined: undefined,
  null: null,
  'a symbol': Symbol('x'),
  'a big integer': 10n,
  'a string': 'x'.repeat(1_000_000),
}
