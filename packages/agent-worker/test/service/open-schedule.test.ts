import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { openSchedule, type Schedule } from '../../src/service/open-schedule.ts'
import { openTaskQueue, type TaskQueue } from '../../src/service/task-queue.ts'
import { type ControlledWork, controlledWork } from './controlled-work.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open(
  tasksPerMinute: number,
  queueLimit = 1000,
): ControlledWork & { queue: TaskQueue; schedule: Schedule; lines: string[] } {
  const held = controlledWork()
  const queue = openTaskQueue(held.work, { concurrency: 1, queueLimit })
  const lines: string[] = []
  const schedule = openSchedule(queue, { tasksPerMinute, seed: 1, log: (line) => lines.push(line) })
  return { ...held, queue, schedule, lines }
}

const added = (queue: TaskQueue): number => queue.counts().queued + queue.counts().running

test.each([
  [120, 121],
  [6, 7],
  [0.5, 1],
  [0, 0],
])('the schedule adds a task at once and %d tasks a minute', async (tasksPerMinute, inFirstMinute) => {
  const { schedule, queue } = open(tasksPerMinute)
  schedule.start()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(added(queue)).toBe(inFirstMinute)
  schedule.stop()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(added(queue)).toBe(inFirstMinute)
})

test('while the queue is full the schedule skips and counts its tasks, logs it once, and does not add them later', async () => {
  const { schedule, queue, lines, succeed } = open(6, 2)
  schedule.start()
  await vi.advanceTimersByTimeAsync(60_000)
  expect({ added: added(queue), skipped: schedule.skipped(), lines }).toEqual({
    added: 3,
    skipped: 4,
    lines: ['the queue is full; scheduled tasks are skipped until there is room'],
  })
  succeed(1)
  await vi.advanceTimersByTimeAsync(20_000)
  expect({ added: added(queue), skipped: schedule.skipped(), more: lines.slice(1) }).toEqual({
    added: 3,
    skipped: 5,
    more: [
      'the queue has room again; scheduled tasks skipped: 4',
      'the queue is full; scheduled tasks are skipped until there is room',
    ],
  })
  schedule.stop()
})
