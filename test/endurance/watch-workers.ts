import { setTimeout as delay } from 'node:timers/promises'

import type { ProductionStack } from '../stack/production-stack.ts'
import { workerHealth } from '../stack/workers.ts'

/** A worker exports every 15 s, and its last export takes a moment: what it counted before that must be in Prometheus. */
const exportedAfterMs = 20_000
const everyMs = 5_000

/** Sums up what workers count, over crashes. */
export interface WorkerWatch {
  /** Finished runs that must be in Prometheus: all of those that live, and of each that was killed what it had counted an export before. */
  end(): Promise<number>
}

interface Sample {
  readonly at: number
  readonly finished: number
}

/** Asks each worker every five seconds how many runs it has finished. A count that falls is a new life. */
export function watchWorkers(stack: ProductionStack, workers: number): WorkerWatch {
  const ending = new AbortController()
  const lives: Sample[][][] = Array.from({ length: workers }, () => [[]])

  async function ask(worker: number): Promise<void> {
    const { succeeded, failed } = await workerHealth(stack, worker)
    const own = lives[worker - 1]!
    const sample = { at: performance.now(), finished: succeeded + failed }
    if (sample.finished < (own.at(-1)!.at(-1)?.finished ?? 0)) own.push([])
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
      const counted = (life: readonly Sample[], isLast: boolean): number => {
        const untilMs = (life.at(-1)?.at ?? 0) - exportedAfterMs
        return (isLast ? life.at(-1) : life.findLast(({ at }) => at <= untilMs))?.finished ?? 0
      }
      return lives.flatMap((own) => own.map((life, index) => counted(life, index === own.length - 1))).reduce((a, b) => a + b, 0)
    },
  }
}
