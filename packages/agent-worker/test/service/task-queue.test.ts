import { expect, test } from 'vitest'

import { openTaskQueue, type Task, type TaskQueue, type TaskQueueOptions } from '../../src/service/task-queue.ts'
import { type ControlledWork, controlledWork, request } from './controlled-work.ts'

function open(options: Partial<TaskQueueOptions> = {}): ControlledWork & { queue: TaskQueue; add: () => Task } {
  const held = controlledWork()
  const queue = openTaskQueue(held.work, { concurrency: 2, queueLimit: 10, ...options })
  const add = (): Task => {
    const task = queue.add(request)
    if (typeof task === 'string') throw new Error(`refused: ${task}`)
    return task
  }
  return { ...held, queue, add }
}

test('the queue starts tasks in the order in which they were added, never more at a time than allowed', async () => {
  const { queue, add, begun, succeed } = open()
  for (let n = 0; n < 4; n += 1) add()
  await expect.poll(() => begun).toEqual([1, 2])
  expect(queue.counts()).toMatchObject({ queued: 2, running: 2 })
  succeed(2)
  await expect.poll(() => begun).toEqual([1, 2, 3])
  succeed(1)
  await expect.poll(() => begun).toEqual([1, 2, 3, 4])
})

test('tasks with a higher priority start first, those of the same in their order', async () => {
  const { queue, begun, succeed } = open({ concurrency: 1 })
  const priorities = [0, undefined, -5, 3, 3, 0]
  for (const priority of priorities) queue.add({ ...request, priority })
  for (let done = 1; done <= priorities.length; done += 1) {
    await expect.poll(() => begun.length).toBe(done)
    succeed(begun.at(-1)!)
  }
  expect(begun).toEqual([4, 5, 1, 2, 6, 3])
})

test('a task has its state, its times and the type of its error, never the message', async () => {
  const times = [10, 20, 30].map((ms) => new Date(ms))
  const { queue, add, fail, begun } = open({ now: () => times.shift() ?? new Date(0) })
  const task = add()
  expect(task.state).toBe('queued')
  await expect.poll(() => begun).toEqual([1])
  expect(queue.find(task.id)).toMatchObject({ state: 'running' })
  fail(1, Object.assign(new Error('a prompt that must not be shown'), { statusCode: 500 }))
  await expect.poll(() => task.state).toBe('failed')
  const { id, number, queuedAt, startedAt, finishedAt, errorType } = queue.find(task.id) ?? task
  expect({ id, number, errorType, at: [queuedAt, startedAt, finishedAt].map(Number) }).toEqual({
    id: task.id,
    number: 1,
    errorType: '500',
    at: [10, 20, 30],
  })
})

test('the queue refuses a task when it is full', async () => {
  const { queue, add, begun, succeed } = open({ concurrency: 1, queueLimit: 2 })
  add()
  await expect.poll(() => begun).toEqual([1])
  add()
  add()
  expect(queue.add(request)).toBe('full')
  succeed(1)
  await expect.poll(() => begun).toEqual([1, 2])
  expect(queue.add(request)).toMatchObject({ number: 4, state: 'queued' })
})

test('the queue forgets the tasks that ended first, and only those', async () => {
  const { queue, add, succeed, begun } = open({ remembered: 2, concurrency: 4 })
  const tasks = Array.from({ length: 4 }, add)
  await expect.poll(() => begun.length).toBe(4)
  for (const number of [2, 3, 4]) {
    succeed(number)
    await expect.poll(() => queue.counts().succeeded).toBe(number - 1)
  }
  expect(tasks.map(({ id }) => queue.find(id)?.state)).toEqual(['running', undefined, 'succeeded', 'succeeded'])
})

test('a task that throws at once fails, and the next one starts', async () => {
  const queue = openTaskQueue(
    () => {
      throw new TypeError('at once')
    },
    { concurrency: 1, queueLimit: 10 },
  )
  for (let n = 0; n < 3; n += 1) queue.add(request)
  await expect.poll(() => queue.counts()).toMatchObject({ queued: 0, running: 0, failed: 3 })
})

test('a closed queue cancels its queued tasks, refuses new ones and lets the running ones continue', async () => {
  const { queue, add, begun, succeed } = open({ concurrency: 1 })
  const tasks = [add(), add(), add()]
  await expect.poll(() => begun).toEqual([1])
  expect(queue.close()).toBe(2)
  expect(queue.add(request)).toBe('stopping')
  expect(tasks.map(({ state }) => state)).toEqual(['running', 'cancelled', 'cancelled'])
  const drained = queue.drain(60_000)
  succeed(1)
  expect(await drained).toBe(0)
  expect({ begun, counts: queue.counts() }).toEqual({
    begun: [1],
    counts: { queued: 0, running: 0, succeeded: 1, failed: 0, cancelled: 2 },
  })
})

test('draining aborts tasks that take too long; they are cancelled and have no error', async () => {
  const { queue, add, begun } = open()
  const tasks = [add(), add()]
  await expect.poll(() => begun).toEqual([1, 2])
  queue.close()
  expect(await queue.drain(1)).toBe(2)
  expect(tasks.map(({ state, errorType }) => ({ state, errorType }))).toEqual([
    { state: 'cancelled', errorType: undefined },
    { state: 'cancelled', errorType: undefined },
  ])
})

test('draining does not wait for a task that ignores its abort signal', async () => {
  const queue = openTaskQueue(() => new Promise(() => {}), { concurrency: 1, queueLimit: 1 })
  queue.add(request)
  await expect.poll(() => queue.counts().running).toBe(1)
  expect(await queue.drain(1)).toBe(1)
})
