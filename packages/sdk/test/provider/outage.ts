import { instrumentAgent, recoveryOf, type RecoveryOptions } from '../../src/index.ts'
import { beginInference } from '../../src/instrumentation.ts'
import { MovedTime } from './moved-time.ts'

/** Result of a simulated outage. */
export interface OutageResult {
  /** HTTP requests for each model call that the agents needed, from two minutes before the outage to two minutes after. */
  readonly requestsPerCall: number
  readonly requestsInOutage: number
  /** Runs that ended as failures. */
  readonly failedRuns: number
  /** Runs in flight when the provider died that succeeded. */
  readonly survivors: number
  /** From the return of the provider to the success of the last run that waited for it; undefined if none did. */
  readonly recoverySeconds: number | undefined
  /** The most requests in one second, relative to the mean before the outage. */
  readonly peak: number
  readonly calls: number
}

/** An outage of a provider. */
export interface Outage {
  readonly runs: number
  readonly outageSeconds: number
  readonly recovery: RecoveryOptions
}

/** Time for the rate to become even, before anything is measured. */
const warmUpSeconds = 60
const measuredSeconds = 120
const callsPerRun = 2
let simulations = 0

/**
 * Simulates `runs` runs that are always in flight, each with two model calls of 4 to 6 s. The provider dies for a while: requests in flight
 * break, and others fail after 50 ms. A run that has ended is followed by the next one. Time is moved, not waited for.
 */
export async function simulateOutage({ runs, outageSeconds, recovery }: Outage): Promise<OutageResult> {
  const time = new MovedTime()
  const random = randomFrom(7)
  const model = `gpt-${(simulations += 1)}`
  const failures = new Set<() => void>()
  const requestsAt: number[] = []
  const waiting = new Map<number, number>()
  let isDown = false
  let isOver = false
  let measuredCalls = 0
  let isMeasured = false
  let failedRuns = 0
  let started = 0
  const inFlight = new Set<number>()
  let dyingRuns = new Set<number>()
  let survivors = 0
  const secondsOf = (): number => time.now() / 1000

  function request(): Promise<void> {
    requestsAt.push(secondsOf())
    const call = beginInference({ source: 'wire', provider: 'openai', model, serverAddress: 'api.openai.com' })
    return new Promise((resolve, reject) => {
      const fail = (): void => {
        failures.delete(fail)
        cancel()
        const error = Object.assign(new Error('Service Unavailable'), { status: 503 })
        call.end({ status: 503, error })
        reject(error)
      }
      const succeed = (): void => {
        failures.delete(fail)
        call.end({ status: 200, usage: { inputTokens: 100, outputTokens: 10 } })
        if (isMeasured) measuredCalls += 1
        resolve()
      }
      const cancel = isDown ? time.after(50, fail) : time.after(4000 + 2000 * random(), succeed)
      if (!isDown) failures.add(fail)
    })
  }

  const agent = instrumentAgent(
    async (done: { calls: number }) => {
      // An attempt continues the work of the one before
      while (done.calls < callsPerRun) {
        await request()
        done.calls += 1
      }
    },
    { name: 'agent', logger: false, recovery },
  )

  async function work(delaySeconds: number): Promise<void> {
    await time.wait(delaySeconds * 1000)
    while (!isOver) {
      const run = (started += 1)
      inFlight.add(run)
      const hasSucceeded = await agent({ calls: 0 }).then(
        () => true,
        (error: unknown) => recoveryOf(error) === undefined,
      )
      inFlight.delete(run)
      if (hasSucceeded) {
        if (waiting.has(run)) waiting.set(run, secondsOf())
        if (dyingRuns.has(run)) survivors += 1
      } else {
        waiting.delete(run)
        if (isMeasured) failedRuns += 1
      }
    }
  }

  try {
    for (let worker = 0; worker < runs; worker += 1) void work(10 * random())
    await time.pass(warmUpSeconds)
    isMeasured = true
    const begunSeconds = secondsOf()
    await time.pass(measuredSeconds)
    const diedSeconds = secondsOf()
    isDown = true
    dyingRuns = new Set(inFlight)
    for (const fail of Array.from(failures)) fail()
    await time.pass(outageSeconds)
    const returnedSeconds = secondsOf()
    isDown = false
    for (const run of inFlight) waiting.set(run, Infinity)
    await time.pass(measuredSeconds)
    const endedSeconds = secondsOf()
    isMeasured = false
    isOver = true
    await time.pass(120)
    const between = (from: number, to: number): number => requestsAt.filter((at) => at >= from && at < to).length
    const normal = between(begunSeconds, diedSeconds) / measuredSeconds
    const perSecond = new Map<number, number>()
    for (const at of requestsAt) if (at >= diedSeconds) perSecond.set(Math.floor(at), (perSecond.get(Math.floor(at)) ?? 0) + 1)
    return {
      requestsPerCall: between(begunSeconds, endedSeconds) / measuredCalls,
      requestsInOutage: between(diedSeconds, returnedSeconds),
      failedRuns,
      survivors,
      recoverySeconds: waiting.size === 0 ? undefined : Math.max(...waiting.values()) - returnedSeconds,
      peak: Math.max(...perSecond.values()) / normal,
      calls: measuredCalls,
    }
  } finally {
    time.end()
  }
}

/** The same numbers from 0 to 1 in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
