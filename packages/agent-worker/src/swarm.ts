import { setTimeout as delay } from 'node:timers/promises'

import type { ReferenceAgents } from './agents/reference-agents.ts'
import type { Assignment } from './schedule.ts'

/** What {@link runSwarm} works on, and how. */
export interface SwarmOptions {
  readonly agents: ReferenceAgents
  /** Where the work comes from; the swarm also ends when it ends. */
  readonly schedule: Iterable<Assignment>
  /** Stops the swarm: nothing new is begun. */
  readonly signal: AbortSignal
  /** Tasks under way at a time. @default 3 */
  readonly concurrency?: number
  /** Pause of a worker between two tasks, in ms. @default none */
  readonly pauseMs?: () => number
  /** How long tasks may go on after the stop before they are aborted, in ms. @default 1500 */
  readonly drainMs?: number
}

/** What a swarm did. `cancelled` were aborted by the stop. */
export interface SwarmReport {
  readonly started: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
}

/** Runs tasks, a bounded number at a time, until `signal` aborts; then waits for those under way. Never rejects because a task failed. */
export async function runSwarm({
  agents,
  schedule,
  signal,
  concurrency = 3,
  pauseMs = () => 0,
  drainMs = 1500,
}: SwarmOptions): Promise<SwarmReport> {
  const report = { started: 0, succeeded: 0, failed: 0, cancelled: 0 }
  const work = schedule[Symbol.iterator]()
  const cut = new AbortController()
  let drain: NodeJS.Timeout | undefined
  const onStop = (): void => {
    drain = setTimeout(() => cut.abort(new DOMException('the swarm was stopped', 'AbortError')), drainMs)
  }
  if (signal.aborted) onStop()
  else signal.addEventListener('abort', onStop, { once: true })

  async function runOne({ agent, task }: Assignment): Promise<void> {
    report.started += 1
    try {
      await agents[agent]({ ...task, signal: cut.signal })
      report.succeeded += 1
    } catch {
      // The SDK has counted and said it; an error of the AI SDK holds prompts and must not be shown
      if (cut.signal.aborted) report.cancelled += 1
      else report.failed += 1
    }
  }

  async function worker(): Promise<void> {
    while (!signal.aborted) {
      const next = work.next()
      if (next.done) return
      await runOne(next.value)
      const pause = pauseMs()
      if (pause > 0) await delay(pause, undefined, { signal }).catch(() => undefined)
    }
  }

  try {
    await Promise.all(Array.from({ length: concurrency }, worker))
    return report
  } finally {
    signal.removeEventListener('abort', onStop)
    clearTimeout(drain)
  }
}
