import { backlogItems, findItem } from '../backlog/backlog-items.ts'
import { seededSchedule } from '../schedule.ts'
import type { TaskQueue } from './task-queue.ts'

/** Orders tasks all by itself. */
export interface Schedule {
  /** Orders a task at once, then as many a minute as asked. */
  readonly start: () => void
  readonly stop: () => void
  /** Turns at which the queue was full. */
  readonly skipped: () => number
}

/** What {@link openSchedule} is told. */
export interface ScheduleOptions {
  /** 0 orders none. */
  readonly tasksPerMinute: number
  /** Decides which agent's turn it is. */
  readonly seed: number
  /** Hears once that turns are skipped, and once that there is room again. */
  readonly say: (line: string) => void
}

/** Makes a schedule. A turn at which the queue is full is skipped and counted, never made up for. */
export function openSchedule(queue: Pick<TaskQueue, 'add'>, { tasksPerMinute, seed, say }: ScheduleOptions): Schedule {
  const work = seededSchedule(seed, backlogItems)
  let timer: NodeJS.Timeout | undefined
  let skipped = 0
  let skippedInARow = 0

  function takeTurn(): void {
    const { agent, task } = work.next().value
    const item = findItem(task.item)
    if (item && queue.add({ agent, item, title: task.title }) !== 'full') {
      if (skippedInARow > 0) say(`the queue has room again; scheduled tasks that were skipped: ${skippedInARow}`)
      skippedInARow = 0
      return
    }
    if (skippedInARow === 0) say('the queue is full: scheduled tasks are skipped until there is room')
    skippedInARow += 1
    skipped += 1
  }

  return {
    start() {
      if (tasksPerMinute === 0) return
      takeTurn()
      timer = setInterval(takeTurn, 60_000 / tasksPerMinute)
    },
    stop: () => clearInterval(timer),
    skipped: () => skipped,
  }
}
