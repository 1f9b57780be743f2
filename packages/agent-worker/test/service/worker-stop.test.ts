import { expect } from 'vitest'

import { startModelServer } from '../../src/model-server/start-model-server.ts'
import { test } from './start-worker.ts'

test.concurrent('on SIGTERM takes no more, cancels what was not begun, lets the rest end, and says so while it drains', async ({
  startWorker,
  onTestFinished,
}) => {
  // Slow enough to look at the worker while it drains
  const model = await startModelServer({ latencyMs: () => 1500 })
  onTestFinished(() => model.close())
  const worker = startWorker({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${model.url}/v1`, WORKER_CONCURRENCY: '1' })
  const first = await worker.order({ agent: 'rapid-builder' })
  const others = [await worker.order({ agent: 'rapid-builder' }), await worker.order({ agent: 'reviewer' })]
  await worker.task(first, 'running')
  worker.process.kill('SIGTERM')
  await worker.says(/SIGTERM: stopping/)
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

test.concurrent('aborts tasks that take longer than the drain, waits included: cancelled, not failed', async ({
  startWorker,
}) => {
  const worker = startWorker({ WORKER_DRAIN_SECONDS: '0.2', BASE_RETRY_DELAY: '100', MAX_RETRY_DELAY: '100' })
  await worker.order({ agent: 'reviewer', fault: '500' })
  await worker.order({ agent: 'api-integrator', fault: 'timeout' })
  await worker.says(/\[RETRY\]/)
  worker.process.kill('SIGINT')
  const { code, output } = await worker.ended()
  expect(code).toBe(0)
  expect(output).toContain('[WORKER] 2 running tasks did not finish within 0.2 s and are aborted\n')
  expect(output).toContain('[WORKER] stopped; since the start 0 tasks succeeded, 0 failed, 2 were cancelled\n')
  expect(output).not.toMatch(/crashed|FAILED/)
})

test.concurrent('a second signal ends it at once with 130', async ({ startWorker }) => {
  const worker = startWorker({ BASE_RETRY_DELAY: '100', MAX_RETRY_DELAY: '100' })
  await worker.order({ agent: 'reviewer', fault: '500' })
  await worker.says(/\[RETRY\]/)
  worker.process.kill('SIGTERM')
  await worker.says(/stopping/)
  // For as long as it takes: only those past the first 0.3 s count as a second wish
  const again = setInterval(() => worker.process.kill('SIGINT'), 100)
  const { code, output } = await worker.ended().finally(() => clearInterval(again))
  expect(code).toBe(130)
  expect(output).not.toContain('stopped;')
})

test.concurrent('two signals in one moment are one wish to stop', async ({ startWorker }) => {
  const worker = startWorker()
  await worker.url()
  worker.process.kill('SIGINT')
  worker.process.kill('SIGTERM')
  expect((await worker.ended()).code).toBe(0)
})
