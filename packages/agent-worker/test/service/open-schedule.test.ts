import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { openSchedule, type Schedule } from '../../src/service/open-schedule.ts'
import { openTaskQueue, type TaskQueue } from '../../src/service/task-queue.ts'
import { type HeldWork, holdWork } from './held-work.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open(tasksPerMinute: number, queueLimit = 1000): HeldWork & { queue: TaskQueue; schedule: Schedule; lines: string[] } {
  const held = holdWork()
  const queue = openTaskQueue(held.work, { concurrency: 1, queueLimit })
  const lines: string[] = []
  const schedule = openSchedule(queue, { tasksPerMinute, seed: 1, log: (line) => lines.push(line) })
  return { ...held, queue, schedule, lines }
}

const ordered = (queue: TaskQueue): number => queue.counts().queued + queue.counts().running

test.each([
  [120, 121],
  [6, 7],
  [0.5, 1],
  [0, 0],
])('orders a task at once and %d a minute', async (tasksPerMinute, inFirstMinute) => {
  const { schedule, queue } = open(tasksPerMinute)
  schedule.start()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(ordered(queue)).toBe(inFirstMinute)
  schedule.stop()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(ordered(queue)).toBe(inFirstMinute)
})

test('skips and counts its turns while the queue is full, says so once, and does not make up for them', async () => {
  const { schedule, queue, lines, succeed } = open(6, 2)
  schedule.start()
  await vi.advanceTimersByTimeAsync(60_000)
  expect({ ordered: ordered(queue), skipped: schedule.skipped(), lines }).toEqual({
    ordered: 3,
    skipped: 4,
    lines: ['the queue is full; scheduled tasks are skipped until there is room'],
  })
  succeed(1)
  await vi.advanceTimersByTimeAsync(20_000)
  expect({ ordered: ordered(queue), skipped: schedule.skipped(), more: lines.slice(1) }).toEqual({
    ordered: 3,
    skipped: 5,
    more: [
      'the queue has room again; scheduled tasks skipped: 4',
      'the queue is full; scheduled tasks are skipped until there is room',
    ],
  })
  schedule.stop()
})
