import { expect } from 'vitest'

import { startModelServer } from '../../src/model-server/start-model-server.ts'
import { test } from './start-worker.ts'

test.concurrent('on SIGTERM the worker refuses tasks, cancels the queued ones, finishes the running ones and reports that it drains', async ({
  startWorker,
  onTestFinished,
}) => {
  // Slow enough to query the worker while it drains
  const model = await startModelServer({ latencyMs: () => 1500 })
  onTestFinished(() => model.close())
  const worker = startWorker({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${model.url}/v1`, WORKER_CONCURRENCY: '1' })
  const first = await worker.add({ agent: 'rapid-builder' })
  const others = [await worker.add({ agent: 'rapid-builder' }), await worker.add({ agent: 'reviewer' })]
  await worker.task(first, 'running')
  worker.process.kill('SIGTERM')
  await worker.prints(/SIGTERM: stopping/)
  const [health, refused, states] = await Promise.all([
    worker.get('/healthz'),
    worker.post({ agent: 'reviewer' }),
    Promise.all(others.map(async (id) => (await worker.get(`/tasks/${id}`)).body['state'])),
  ])
  expect({ health, refused, states }).toEqual({
    health: {
      status: 200,
      body: {
        status: 'draining',
        queued: 0,
        running: 1,
        finished: 2,
        succeeded: 0,
        failed: 0,
        cancelled: 2,
        skipped: 0,
      },
    },
    refused: { status: 503, body: { error: 'the worker is stopping' } },
    states: ['cancelled', 'cancelled'],
  })
  const { code, output } = await worker.ended()
  expect({ code, lines: output.split('\n').filter((line) => /stop/.test(line)) }).toEqual({
    code: 0,
    lines: [
      '[WORKER] SIGTERM: stopping; 1 running task has 20 s to finish, 2 queued tasks are cancelled',
      '[WORKER] stopped; since the start 1 task succeeded, 0 failed, 2 were cancelled',
    ],
  })
})

test.concurrent('tasks that take longer than the drain time are cancelled, including their retry delays, and not failed', async ({
  startWorker,
}) => {
  const worker = startWorker({ WORKER_DRAIN_SECONDS: '0.2', BASE_RETRY_DELAY: '100', MAX_RETRY_DELAY: '100' })
  await worker.add({ agent: 'reviewer', fault: '500' })
  await worker.add({ agent: 'api-integrator', fault: 'timeout' })
  await worker.prints(/\[RETRY\]/)
  worker.process.kill('SIGINT')
  const { code, output } = await worker.ended()
  expect(code).toBe(0)
  expect(output).toContain('[WORKER] 2 running tasks did not finish within 0.2 s and are aborted\n')
  expect(output).toContain('[WORKER] stopped; since the start 0 tasks succeeded, 0 failed, 2 were cancelled\n')
  expect(output).not.toMatch(/crashed|FAILED/)
})

test.concurrent('a second signal ends the worker at once with exit code 130', async ({ startWorker }) => {
  const worker = startWorker({ BASE_RETRY_DELAY: '100', MAX_RETRY_DELAY: '100' })
  await worker.add({ agent: 'reviewer', fault: '500' })
  await worker.prints(/\[RETRY\]/)
  worker.process.kill('SIGTERM')
  await worker.prints(/stopping/)
  // Repeated until the worker ends: signals in the first 0.3 s count as one
  const again = setInterval(() => worker.process.kill('SIGINT'), 100)
  const { code, output } = await worker.ended().finally(() => clearInterval(again))
  expect(code).toBe(130)
  expect(output).not.toContain('stopped;')
})

test.concurrent('two signals at the same moment count as one', async ({ startWorker }) => {
  const worker = startWorker()
  await worker.url()
  worker.process.kill('SIGINT')
  worker.process.kill('SIGTERM')
  expect((await worker.ended()).code).toBe(0)
})
