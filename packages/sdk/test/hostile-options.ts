import { systemClock, type Clock } from '../src/clock.ts'
import type { InstrumentAgentOptions } from '../src/index.ts'

/** Invalid values of options that other libraries do not have. */
export interface HostileOptions {
  readonly options?: InstrumentAgentOptions<never, never>
  readonly clock?: Clock
  /** The place that is counted for it. */
  readonly where?: string
}

const boom = (): never => {
  throw new Error('the option is broken')
}
const reject = (): Promise<never> => Promise.reject(new Error('not awaited by anybody'))
const option = (options: InstrumentAgentOptions<never, never>, where: string | undefined = 'option'): HostileOptions => ({
  options,
  ...(where !== '' && { where }),
})
const limits = { maxRetries: 2, attemptTimeoutSeconds: 60, totalTimeoutSeconds: 600 }
let backwards = Number.MAX_SAFE_INTEGER

export const hostileOptions: Readonly<Record<string, HostileOptions>> = {
  'attributes with a throwing getter': option({
    attributes: Object.defineProperty({}, 'secret', { get: boom, enumerable: true }) as never,
  }),
  'attributes that no span can hold': option({ attributes: { big: 10n, nested: {}, call: boom } as never }, ''),
  'a variant that throws': option({ variant: boom }),
  'a variant that rejects': option({ variant: reject as never }),
  'a variant that is no string': option({ variant: (() => 5) as never }),
  'a signalFrom that throws': option({ signalFrom: boom }),
  'a signalFrom that rejects': option({ signalFrom: reject as never }),
  'a signalFrom that finds no signal': option({ signalFrom: (() => ({ aborted: true })) as never }),
  'a retryIf that throws': option({ recovery: { maxRetries: 2, retryIf: boom } }),
  'a retryIf that rejects': option({ recovery: { maxRetries: 2, retryIf: reject as never } }),
  'a streamOf that throws': option({ streamOf: boom }),
  'a streamOf that rejects': option({ streamOf: reject as never }),
  'a streamOf that finds no stream': option({ streamOf: (() => 'x') as never }),
  'a failIf that throws': option({ failIf: boom }),
  'a failIf that rejects': option({ failIf: reject as never }),
  'failIfs of which one throws': option({ failIf: [boom, () => false] }),
  'a failIf that returns no verdict': option({ failIf: (() => Symbol('?')) as never }),
  'a variant that returns no choice': option({ variant: (() => ({ variant: {}, flag: 5 })) as never }),
  'a continuation that throws': option({ continuation: boom }),
  'a continuation that rejects': option({ continuation: reject as never }),
  'a continuation that finds no job': option({ continuation: (() => 'job 1') as never }),
  'a continuation of no execution': option({ continuation: (() => ({ executionId: 5, attempt: -1 })) as never }),
  'a continuation whose fields throw': option({
    continuation: (() => Object.defineProperty({}, 'executionId', { get: boom, enumerable: true })) as never,
  }),
  'every guard of the provider': option(
    { recovery: { maxRetries: 2, baseDelaySeconds: 0, provider: { breaker: true, retryBudget: 1 } } },
    '',
  ),
  'budgets and a loop limit': option({ budget: { usd: 1, toolCalls: 50, seconds: 600 }, loop: { sameToolCall: 50 } }, ''),
  'a clock that goes backwards': {
    options: { recovery: { maxRetries: 2, baseDelaySeconds: 0 } },
    clock: { ...systemClock, now: () => (backwards -= 1000), wallClock: () => (backwards -= 1000) },
  },
  'a clock that does not know the time': {
    options: { recovery: { maxRetries: 2, baseDelaySeconds: 0 } },
    clock: { ...systemClock, now: () => Number.NaN, wallClock: () => Number.NaN },
  },
  'a clock that does not know the time, under time limits': {
    options: { recovery: { ...limits, baseDelaySeconds: 0 } },
    clock: { ...systemClock, now: () => Number.NaN },
  },
}
