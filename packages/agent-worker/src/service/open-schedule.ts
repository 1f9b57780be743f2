import { backlogItems, findItem, seededSchedule } from '../swarm/index.ts'
import type { TaskQueue } from './task-queue.ts'

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
export function openSchedule(queue: Pick<TaskQueue, 'add'>, { tasksPerMinute, seed, log }: ScheduleOptions): Schedule {
  const work = seededSchedule(seed, backlogItems)
  let timer: NodeJS.Timeout | undefined
  let skipped = 0
  let skippedInARow = 0

  function addNext(): void {
    const { agent, task } = work.next().value
    const item = findItem(task.item)
    if (item && queue.add({ agent, item, title: task.title }) !== 'full') {
      if (skippedInARow > 0) log(`the queue has room again; scheduled tasks skipped: ${skippedInARow}`)
      skippedInARow = 0
      return
    }
    if (skippedInARow === 0) log('the queue is full; scheduled tasks are skipped until there is room')
    skippedInARow += 1
    skipped += 1
  }

  return {
    start() {
      if (tasksPerMinute === 0) return
      addNext()
      timer = setInterval(addNext, 60_000 / tasksPerMinute)
    },
    stop: () => clearInterval(timer),
    skipped: () => skipped,
  }
}
