import { errorType } from '@swarmwatch/sdk'

import { backlogItems, findItem, seededSchedule } from '../swarm/index.ts'
import type { WorkQueue } from './task-queue.ts'

/** Adds tasks to the queue at a fixed rate. */
export interface Schedule {
  /** Adds a task at once, then `tasksPerMinute` tasks each minute. */
  readonly start: () => void
  readonly stop: () => void
  /** Number of tasks that were not added because the queue was full. */
  readonly skipped: () => number
}

/** Options for {@link openSchedule}. */
export interface ScheduleOptions {
  /** 0 adds no task. */
  readonly tasksPerMinute: number
  /** Decides the order of the agents. */
  readonly seed: number
  /** Receives one line when tasks start to be skipped, and one when the queue has room again. */
  readonly log: (line: string) => void
}

/** Creates a schedule. While the queue is full, tasks are skipped and counted; they are not added later. */
export function openSchedule(queue: Pick<WorkQueue, 'add'>, { tasksPerMinute, seed, log }: ScheduleOptions): Schedule {
  const work = seededSchedule(seed, backlogItems)
  let timer: NodeJS.Timeout | undefined
  let skipped = 0
  let skippedInARow = 0

  async function addNext(): Promise<void> {
    const { agent, task } = work.next().value
    const item = findItem(task.item)
    const slot = `schedule ${tasksPerMinute} ${Math.floor(Date.now() / (60_000 / tasksPerMinute))}`
    if (item && (await queue.add({ agent, item, title: task.title }, { slot })) !== 'full') {
      if (skippedInARow > 0) log(`the queue has room again; scheduled tasks skipped: ${skippedInARow}`)
      skippedInARow = 0
      return
    }
    if (skippedInARow === 0) log('the queue is full; scheduled tasks are skipped until there is room')
    skippedInARow += 1
    skipped += 1
  }

  function tick(): void {
    addNext().catch((error: unknown) => log(`a scheduled task was not added (${errorType(error)})`))
  }

  return {
    start() {
      if (tasksPerMinute === 0) return
      tick()
      timer = setInterval(tick, 60_000 / tasksPerMinute)
    },
    stop: () => clearInterval(timer),
    skipped: () => skipped,
  }
}
