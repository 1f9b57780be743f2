import { currentTool, instrumentAgent, instrumentTool, type OnceStore } from '../../src/index.ts'

const busy = (): Error => Object.assign(new Error('busy'), { status: 503 })

/** Where a failure is injected into a step of a run. */
const places = ['before the call', 'before the effect', 'after the effect, as a timeout', 'after the call'] as const
type Place = (typeof places)[number]

/** Payments of one step each, in every run. */
export const steps = 5

/** An outside service: payments by idempotency key, which it does not check. */
class Service {
  readonly payments: string[] = []

  pay(key: string): void {
    this.payments.push(key)
  }
}

/** Result of runs with injected failures. */
export interface InjectedFailures {
  readonly runs: number
  readonly attempts: number
  /** Effects that happened. */
  readonly effects: number
  /** Effects that happened twice. */
  readonly repeated: number
  /** Effects of runs that succeeded which never happened. */
  readonly lost: number
  /** Calls whose outcome was unknown, and were handed to `onUncertain`. */
  readonly uncertain: number
  /** Calls that were not made again, because an earlier attempt had made them. */
  readonly reused: number
}

/**
 * Lets runs of five payments fail: each of the first three attempts at one place of one step, so that every place of every step occurs;
 * the fourth attempt succeeds.
 */
export async function injectFailures(runs: number, store: OnceStore): Promise<InjectedFailures> {
  const total = { runs, attempts: 0, effects: 0, repeated: 0, lost: 0, uncertain: 0, reused: 0 }
  for (let run = 0; run < runs; run += 1) {
    const service = new Service()
    const failures = [0, 1, 2].map((number) => ({
      step: (run + number) % steps,
      place: places[Math.floor((run / steps + number * (run % 3)) % 4)]!,
    }))
    let failure: { readonly step: number; readonly place: Place } | undefined
    let calls = 0
    let asked = 0
    const pay = instrumentTool(
      async (step: number) => {
        calls += 1
        const isHere = failure?.step === step
        if (isHere && failure?.place === 'before the effect') throw busy()
        service.pay(currentTool()!.idempotencyKey)
        await Promise.resolve()
        if (isHere && failure?.place === 'after the effect, as a timeout') throw new DOMException('gave up', 'TimeoutError')
        return `paid ${step}`
      },
      {
        name: 'pay',
        once: {
          store,
          onUncertain: async (key, again) => {
            total.uncertain += 1
            if (!service.payments.includes(key)) return again()
            calls += 1
            return 'found'
          },
        },
      },
    )
    let attempt = 0
    const agent = instrumentAgent(
      async () => {
        failure = failures[attempt++]
        const results: string[] = []
        for (let step = 0; step < steps; step += 1) {
          if (failure?.step === step && failure.place === 'before the call') throw busy()
          asked += 1
          results.push(await pay(step))
          // Also if the call was reused, and could not fail itself
          if (failure?.step === step) throw busy()
        }
        return results
      },
      { name: 'payer', recovery: { baseDelaySeconds: 0 }, logger: false },
    )
    const results = await agent()
    const distinct = new Set(service.payments).size
    total.attempts += attempt
    total.effects += service.payments.length
    total.repeated += service.payments.length - distinct
    total.lost += Math.max(0, results.length - distinct) + (steps - results.length)
    total.reused += asked - calls
  }
  return total
}
