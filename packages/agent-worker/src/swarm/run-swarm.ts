import { setTimeout as delay } from 'node:timers/promises'

import { getActiveExecutions } from '@swarmwatch/sdk'

import { randomAt } from '../model-server/index.ts'
import type { AgentTask } from './agent.ts'
import type { BacklogItem } from './backlog.ts'
import { type AgentName, agentNames, type ReferenceAgents } from './reference-agents.ts'

/** A task and the agent that does it. */
export interface Assignment {
  readonly agent: AgentName
  readonly task: AgentTask
}

/** Yields endless work, the same for the same seed: one task for each agent first, then for random agents, over all items in turn. */
export function* seededSchedule(seed: number, items: readonly BacklogItem[]): Generator<Assignment, never> {
  for (let number = 1; ; number += 1) {
    const inTurn = agentNames[number - 1]
    const agent = inTurn ?? agentNames[Math.floor(randomAt(seed, number) * agentNames.length)] ?? agentNames[0]
    const { id, title } = items[(number - 1) % items.length] as BacklogItem
    yield { agent, task: { number, item: id, title, folder: id.toLowerCase() } }
  }
}

/** Options for {@link runSwarm}. */
export interface SwarmOptions {
  readonly agents: ReferenceAgents
  /** Source of the work; the swarm also ends when the schedule ends. */
  readonly schedule: Iterable<Assignment>
  /** Stops the swarm: no new task is started. */
  readonly signal: AbortSignal
  /** Maximum number of tasks at a time. @default 3 */
  readonly concurrency?: number
  /** Pause between two tasks of a worker, in ms. @default none */
  readonly pauseMs?: () => number
  /** Time that tasks have to finish after the stop before they are aborted, in ms. @default 1500 */
  readonly drainMs?: number
}

/** Number of tasks by outcome. `cancelled` tasks were aborted by the stop. */
export interface SwarmReport {
  readonly started: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
}

/** Runs tasks, at most `concurrency` at a time, until `signal` aborts; then waits for the running tasks. Does not reject when a task fails. */
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
  const abort = new AbortController()
  let drain: NodeJS.Timeout | undefined
  const onStop = (): void => {
    drain = setTimeout(() => abort.abort(new DOMException('the swarm was stopped', 'AbortError')), drainMs)
  }
  if (signal.aborted) onStop()
  else signal.addEventListener('abort', onStop, { once: true })

  async function runOne({ agent, task }: Assignment): Promise<void> {
    report.started += 1
    try {
      await agents[agent]({ ...task, signal: abort.signal })
      report.succeeded += 1
    } catch {
      // The SDK has counted and logged the error; errors of the AI SDK hold prompts, so they are not shown here
      if (abort.signal.aborted) report.cancelled += 1
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

/**
 * Waits until the SDK has counted every run, at most half a second. The SDK reads its own branch of a stream, so it may finish a moment
 * after the caller.
 */
export async function allRunsCounted(): Promise<void> {
  for (let checks = 0; checks < 50 && getActiveExecutions().length > 0; checks += 1) await delay(10)
}
