import { setTimeout as delay } from 'node:timers/promises'

import { type ProductionStack } from '@swarmwatch/testkit/stack'

import { workerHealth } from '../stack/workers.ts'

/** A worker exports every 15 s, and its last export takes a moment: what it counted before that must be in Prometheus. */
const exportedAfterMs = 20_000
const everyMs = 5_000

/** Runs by how they ended. */
export interface FinishedRuns {
  readonly success: number
  readonly failure: number
}

/** Sums up what workers count, over crashes. */
export interface WorkerWatch {
  /** Runs that must be in Prometheus: all of the workers that live, and of each that was killed what it had counted an export before. */
  end(): Promise<FinishedRuns>
}

interface Sample extends FinishedRuns {
  readonly at: number
}

/** Asks each worker every five seconds how many runs it has finished. A count that falls is a new life. */
export function watchWorkers(stack: ProductionStack, workers: number): WorkerWatch {
  const ending = new AbortController()
  const lives: Sample[][][] = Array.from({ length: workers }, () => [[]])

  async function ask(worker: number): Promise<void> {
    const { succeeded, failed } = await workerHealth(stack, worker)
    const own = lives[worker - 1]!
    const sample = { at: performance.now(), success: succeeded, failure: failed }
    if (finished(sample) < finished(own.at(-1)!.at(-1))) own.push([])
    own.at(-1)!.push(sample)
  }

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      // One that was just killed does not answer
      for (let worker = 1; worker <= workers; worker += 1) await ask(worker).catch(() => undefined)
      await delay(everyMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }

  const watching = watch()
  return {
    async end() {
      ending.abort()
      await watching
      for (let worker = 1; worker <= workers; worker += 1) await ask(worker)
      const last = lives.flatMap((own) => own.map((life, index) => lastExported(life, index === own.length - 1)))
      return last.reduce<FinishedRuns>(
        (sum, runs) => ({
          success: sum.success + (runs?.success ?? 0),
          failure: sum.failure + (runs?.failure ?? 0),
        }),
        { success: 0, failure: 0 },
      )
    },
  }
}

const finished = (runs: FinishedRuns | undefined): number => (runs?.success ?? 0) + (runs?.failure ?? 0)

/** The part of a life that must have been exported; of a living worker, all that it counted. */
function lastExported(life: readonly Sample[], isLiving: boolean): Sample | undefined {
  const untilMs = (life.at(-1)?.at ?? 0) - exportedAfterMs
  return isLiving ? life.at(-1) : life.findLast(({ at }) => at <= untilMs)
}
