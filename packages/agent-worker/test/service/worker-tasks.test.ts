import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, vi } from 'vitest'

import { test } from './start-worker.ts'

test.concurrent('the worker does the tasks of all three agents and leaves no files behind', async ({
  startWorker,
  onTestFinished,
}) => {
  const parent = await mkdtemp(join(tmpdir(), 'worker-test-'))
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  const worker = startWorker({ WORKER_WORKSPACE_DIR: parent })
  const ids = [
    await worker.add({ agent: 'rapid-builder' }),
    await worker.add({ agent: 'api-integrator', item: 'B-3', title: 'Put the exports into folder b-1. Quickly' }),
    await worker.add({ agent: 'reviewer', item: 'B-2' }),
  ]
  const tasks = await Promise.all(ids.map((id) => worker.task(id, 'succeeded')))
  expect(tasks).toEqual([
    expect.objectContaining({ agent: 'rapid-builder', item: 'B-1', title: 'Order history' }),
    expect.objectContaining({ agent: 'api-integrator', item: 'B-3', title: 'Put the exports into folder b-1. Quickly' }),
    expect.objectContaining({ agent: 'reviewer', item: 'B-2', title: 'Password reset' }),
  ])
  const [workspace = ''] = await readdir(parent)
  expect(await readdir(join(parent, workspace))).toEqual([])
  worker.process.kill('SIGTERM')
  expect((await worker.ended()).code).toBe(0)
  expect(await readdir(parent)).toEqual([])
})

test.concurrent('the worker does the tasks of its schedule', async ({ startWorker }) => {
  const worker = startWorker({ WORKER_TASKS_PER_MINUTE: '120' })
  const succeeded = async (): Promise<unknown> => (await worker.get('/healthz')).body['succeeded']
  await vi.waitFor(async () => expect(await succeeded()).toBeGreaterThan(3), { timeout: 120_000 })
})

test.concurrent('twelve tasks with a requested fault fail in all four attempts while the schedule continues', async ({
  startWorker,
}) => {
  const worker = startWorker({ WORKER_TASKS_PER_MINUTE: '120', BASE_RETRY_DELAY: '2' })
  const faults = Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? '500' : 'reset'))
  const ids = await Promise.all(faults.map((fault) => worker.add({ agent: 'reviewer', fault })))
  await worker.prints(/\[RETRY\] reviewer attempt 4\/4/)
  const { succeeded, failed } = (await worker.get('/healthz')).body
  expect({ hasSucceeded: Number(succeeded) > 0, failed }).toEqual({ hasSucceeded: true, failed: 0 })
  const tasks = await Promise.all(ids.map((id) => worker.task(id, 'failed')))
  expect(tasks.map(({ error }) => error)).toEqual(faults.map((fault) => ({ type: fault === '500' ? '500' : 'ECONNRESET' })))
  expect(worker.output().match(/\[FAILED\] reviewer gave up after 4 attempts, \d+\.\d s \(500\)/g)).toHaveLength(6)
  expect((await worker.get('/healthz')).body).toMatchObject({ failed: 12, queued: 0 })
})

test.concurrent('a requested 429 is retried after one second', async ({ startWorker }) => {
  const worker = startWorker({ MAX_RETRIES: '1' })
  const task = await worker.task(await worker.add({ agent: 'rapid-builder', fault: '429' }), 'failed')
  expect(task).toMatchObject({ error: { type: '429' } })
  expect(worker.output()).toContain('[RETRY] rapid-builder attempt 2/2 in 1 s (429)')
})

test.concurrent('a requested timeout ends the attempt after ten seconds', async ({ startWorker }) => {
  const worker = startWorker({ MAX_RETRIES: '0' })
  const id = await worker.add({ agent: 'api-integrator', fault: 'timeout' })
  await worker.prints(/\[FAILED\] api-integrator gave up after 1 attempt, 1\d\.\d s \(timeout\)/)
  expect(await worker.task(id, 'failed')).toMatchObject({ error: { type: 'timeout' } })
})
