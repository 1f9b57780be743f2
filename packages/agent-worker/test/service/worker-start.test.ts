import { expect } from 'vitest'

import { startModelServer } from '../../src/model-server/start-model-server.ts'
import { test, workerProgram } from './start-worker.ts'

test.concurrent('the first lines of the worker name its frameworks, its address, its model, its rate and its concurrency', async ({
  startWorker,
}) => {
  const worker = startWorker({ WORKER_TASKS_PER_MINUTE: '0.5', WORKER_CONCURRENCY: '7' })
  await worker.url()
  expect(worker.output()).toMatch(
    /^\[TELEMETRY\] model and tool calls: wire; ai-sdk \S+ \(prices of \S+\)\n\[WORKER\] ready on http:\/\/127\.0\.0\.1:\d+, model scripted-1 \(scripted\), 0\.5 tasks a minute, 7 at a time\n$/,
  )
})

test.concurrent('the worker reports all invalid settings at once, including those of the telemetry, shows no secret and exits with 2', async ({
  startWorker,
}) => {
  const worker = startWorker({
    WORKER_PORT: '70000',
    WORKER_HOST: '0.0.0.0',
    WORKER_TASKS_PER_MINUTE: 'often',
    WORKER_TOKEN: 'too-short',
    MAX_RETRIES: '-1',
  })
  expect(await worker.ended()).toEqual({
    code: 2,
    output: [
      '4 problems in the configuration:',
      '  WORKER_PORT must be a whole number from 0 to 65535, got 70000',
      '  WORKER_TOKEN must be at least 16 characters of ASCII without spaces, got ***',
      '  WORKER_TASKS_PER_MINUTE must be 0, or a number from 0.01 to 600, got "often"',
      '  MAX_RETRIES must be a whole number, 0 or more, got "-1"',
      '',
    ].join('\n'),
  })
})

test.concurrent('the worker reports a port that is in use in one line and exits with 1', async ({ startWorker }) => {
  const { port } = new URL(await startWorker().url())
  expect(await startWorker({ WORKER_PORT: port }).ended()).toEqual({
    code: 1,
    output: expect.stringMatching(
      new RegExp(
        `^.* model and tool calls: .*\n\\[WORKER\\] cannot start: WORKER_PORT ${port} is taken on 127\\.0\\.0\\.1; stop the process that uses the port, or set WORKER_PORT \\(0 selects a free port\\)\n$`,
      ),
    ) as string,
  })
})

test.concurrent('without the token the worker answers only the health check', async ({ startWorker }) => {
  const worker = startWorker({ WORKER_TOKEN: 'a-token-of-24-characters' })
  expect((await worker.get('/tasks/1')).status).toBe(401)
  expect((await worker.post({ agent: 'reviewer' })).status).toBe(401)
  expect((await worker.get('/healthz')).status).toBe(200)
  const authorization = 'Bearer a-token-of-24-characters'
  expect((await fetch(`${await worker.url()}/tasks/1`, { headers: { authorization } })).status).toBe(404)
  expect(worker.output()).not.toContain('a-token')
})

test.concurrent('with a key the worker uses a real model, never shows the key and refuses a requested fault', async ({
  startWorker,
  onTestFinished,
}) => {
  const model = await startModelServer()
  onTestFinished(() => model.close())
  const worker = startWorker({
    OPENAI_API_KEY: 'sk-secret',
    OPENAI_BASE_URL: `${model.url}/v1`,
    OPENAI_MODEL: 'gpt-4o-mini',
  })
  expect(await worker.post({ agent: 'reviewer', fault: '500' })).toEqual({
    status: 400,
    body: {
      error: 'fault works only with the scripted model, and this worker uses gpt-4o-mini; unset OPENAI_API_KEY to rehearse',
    },
  })
  await worker.task(await worker.add({ agent: 'reviewer' }), 'succeeded')
  expect(new Set(model.log.requests.map((request) => request.model))).toEqual(new Set(['gpt-4o-mini']))
  expect(worker.output()).toMatch(/model gpt-4o-mini at 127\.0\.0\.1:\d+,/)
  expect(worker.output()).not.toContain('sk-secret')
})

test.concurrent('two workers in a cluster do not share a port: one serves, the other reports that the port is in use and ends', async ({
  startWorker,
  onTestFinished,
}) => {
  // a port that was free a moment ago
  const first = startWorker()
  const { port } = new URL(await first.url())
  first.process.kill('SIGTERM')
  await first.ended()
  const primary = `
    import cluster from 'node:cluster'
    cluster.setupPrimary({ exec: ${JSON.stringify(workerProgram)}, execArgv: ['--conditions=swarmwatch-source'] })
    cluster.fork()
    cluster.fork()`
  const cluster = startWorker({ WORKER_PORT: port }, ['--input-type=module', '--eval', primary])
  // its workers end with it
  onTestFinished(() => void cluster.process.kill('SIGKILL'))
  await cluster.prints(/ready on/)
  await cluster.prints(/cannot start/)
  expect(cluster.output().match(/ready on/g)).toHaveLength(1)
  expect(cluster.output()).toContain(`WORKER_PORT ${port} is taken on 127.0.0.1; stop the process that uses the port`)
})
