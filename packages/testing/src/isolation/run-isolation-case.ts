import { setTimeout as delay } from 'node:timers/promises'

import { openTelemetrySdk } from '../open-telemetry-sdk.ts'
import { startTestTelemetry, type TestTelemetry } from '../test-telemetry.ts'
import { behaviours, describe, type Behaviour, type Given } from './agent-behaviours.ts'
import type { HostileCase, Hostility, IsolationAdapter, IsolationSurface } from './isolation-case.ts'
import { caseNamed } from './isolation-cases.ts'

/** URL of the module that exports {@link runIsolationCase}: this module, or the bundle that contains it. */
export const caseModule: string = import.meta.url

/** Result of a library in a case. */
export interface IsolationResult {
  readonly case: string
  readonly surface: IsolationSurface
  /** `skipped` where the library has no such hook. */
  readonly verdict: 'passed' | 'failed' | 'skipped'
  /** The differences from a run without the library; empty unless it failed. */
  readonly what: string
}

/** Time limits. */
export interface IsolationLimits {
  /** Each run of the agent. @default 5000 */
  readonly timeoutMs?: number | undefined
  /** Wait after the runs, so that errors which no one awaits can surface. @default 20 */
  readonly graceMs?: number | undefined
}

/**
 * Runs a case in this process around an agent that `adapter` wraps, and checks that the agent is not affected: it must be called the
 * expected number of times with the same arguments, its value or error must come back unchanged and in time, and no error may remain
 * unhandled. In the case without a failure, something must be recorded, unless the adapter has its own `start`. Rejects only if there is
 * no case with this name, or if telemetry cannot be set up.
 */
export async function runIsolationCase(
  adapter: IsolationAdapter,
  caseName: string,
  { timeoutMs = 5000, graceMs = 20 }: IsolationLimits = {},
): Promise<IsolationResult> {
  if (typeof adapter?.wrap !== 'function') throw new TypeError('an isolation adapter must be an object with a function "wrap"')
  const found = caseNamed(caseName)
  const result = { case: found.name, surface: found.surface }
  if (found.hook && !adapter.hooks?.includes(found.hook)) return { ...result, verdict: 'skipped', what: '' }
  const faults = await faultsIn(found, adapter, timeoutMs, graceMs)
  return { ...result, verdict: faults.length === 0 ? 'passed' : 'failed', what: faults.join('; ') }
}

async function faultsIn(
  { prepare, surface, timeoutMs: ownTimeoutMs = 0 }: HostileCase,
  adapter: IsolationAdapter,
  givenTimeoutMs: number,
  graceMs: number,
): Promise<string[]> {
  const timeoutMs = Math.max(givenTimeoutMs, ownTimeoutMs)
  const faults: string[] = []
  const unhandled = (error: unknown): void => void faults.push(`unhandled: ${describe(error)}`)
  process.on('unhandledRejection', unhandled).on('uncaughtException', unhandled)
  let again = (): void => {}
  try {
    const hostility = prepare({ sdk: await openTelemetrySdk(), callAgain: () => again() })
    const telemetry = adapter.start ? undefined : await startTestTelemetry(hostility.parts)
    const stop = (await adapter.start?.(hostility.parts ?? {})) ?? (() => telemetry?.shutdown())
    hostility.register?.()
    for (const behaviour of behaviours.filter((each) => each.isAskedOf(adapter))) {
      const run = new BehaviourRun(behaviour, adapter, hostility)
      again = () => run.callAgain()
      const fault = await Promise.race([run.fault(), delay(timeoutMs, `did not settle within ${timeoutMs} ms`, { ref: false })])
      if (fault !== undefined) faults.push(`${behaviour.name}: ${fault}`)
      again = () => {}
    }
    await delay(graceMs)
    if (surface === 'none' && telemetry && (await hasRecordedNothing(telemetry)))
      faults.push('neither a span nor a metric was recorded')
    // What hangs may hang here too
    await Promise.race([Promise.resolve(stop()).catch(() => {}), delay(1000)])
  } finally {
    process.off('unhandledRejection', unhandled).off('uncaughtException', unhandled)
  }
  return faults
}

/** A library that records nothing would pass every case. */
async function hasRecordedNothing(telemetry: TestTelemetry): Promise<boolean> {
  return telemetry.spans().length === 0 && (await telemetry.points()).length === 0
}

/** One agent, wrapped and called. */
class BehaviourRun {
  readonly #behaviour: Behaviour
  readonly #given: Given
  readonly #retries: number
  readonly #tasks: unknown[] = []
  readonly #wrapped: (task: unknown) => unknown
  readonly #other = { task: 'of a call from within' }
  #callsLeft = 2

  constructor(behaviour: Behaviour, adapter: IsolationAdapter, hostility: Hostility) {
    const { task = { question: 6 * 7 }, thrown = { error: new Error('the agent is broken') }, returned } = hostility
    const value = 'value' in hostility ? hostility.value : { answer: 42 }
    this.#behaviour = behaviour
    this.#retries = adapter.retries ?? 0
    this.#given = { task, value, error: thrown.error, returned: returned ?? (async (result) => result) }
    const agent = behaviour.agent(this.#given, (got) => (got === this.#other ? 0 : this.#tasks.push(got)))
    this.#wrapped = adapter.wrap(agent, hostility.hooks ?? {})
  }

  async fault(): Promise<string | undefined> {
    const fault = await this.#behaviour.fault(() => this.#wrapped(this.#given.task), this.#given)
    if (fault !== undefined) return fault
    const calls = this.#behaviour.calls(this.#retries)
    if (this.#tasks.length !== calls) return `called ${this.#tasks.length} times instead of ${calls}`
    return this.#tasks.every((task) => Object.is(task, this.#given.task)) ? undefined : 'got other arguments'
  }

  /** Calls the agent again, at most twice, because the call may cause another one. Its result is ignored. */
  callAgain(): void {
    if (this.#callsLeft === 0) return
    this.#callsLeft -= 1
    const call = async (): Promise<unknown> => this.#wrapped(this.#other)
    void call().catch(() => {})
  }
}
