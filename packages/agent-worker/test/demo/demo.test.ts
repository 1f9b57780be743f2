import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'

import { freePort } from '@swarmwatch/testkit'
import { expect } from 'vitest'

import { startModelServer } from '../../src/model-server/start-model-server.ts'
import { test } from './start-demo.ts'

const summaryHead = /^agent +runs +failed +retries +recovered +tokens in +tokens out +cost USD$/m

test.concurrent('the demo ends after DEMO_SECONDS with a summary, and shows a retry and a recovery before', async ({
  startDemo,
}) => {
  const demo = startDemo({ DEMO_SECONDS: '15', METRICS_PORT: '0' })
  await demo.prints(/^\[SUCCESS\] \S+ recovered on attempt 2 after \d+\.\d s$/m)
  const { code, stdout, stderr } = await demo.ended()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Settings +config\/demo\.yaml: retries after 1, 2, 4 s \(production: 5, 15, 30 s\)$/m)
  expect(stdout).toMatch(/^\[RETRY\] \S+ attempt 2\/4 in 1 s \(429\): .+$/m)
  expect(stdout).toMatch(summaryHead)
  expect(stdout).toMatch(/^all( +\d+){6} +\d+\.\d{4}$/m)
  // Only printable ASCII, no stack trace and no warning of a library
  expect(stdout).toMatch(/^[\x20-\x7e\n]*$/)
  expect(stdout).not.toMatch(/ {4}at |Warning|\[object/)
})

test.concurrent('the demo exports the six required metrics while it runs, and leaves no files behind', async ({ startDemo }) => {
  const demo = startDemo({ METRICS_PORT: '0', BASE_RETRY_DELAY: '0.2', RETRY_EXPONENTIAL_FACTOR: '1' })
  const url = await demo.metricsUrl()
  await demo.prints(/^\[FAILED\] \S+ gave up after 4 attempts, \d+\.\d s \(500\): .+$/m)
  const names = new Set((await (await fetch(url)).text()).match(/^[a-z_]+/gm))
  const mission = [
    'agent_executions_total',
    'agent_execution_duration_seconds_count',
    'agent_failures_total',
    'agent_success_rate',
    'system_error_rate',
    'active_executions',
  ]
  expect(mission.filter((name) => !names.has(name))).toEqual([])

  const files = /^Files +(\S+)/m.exec(demo.output())?.[1] ?? ''
  demo.process.kill('SIGINT')
  const { code, stdout, stderr } = await demo.ended()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(summaryHead)
  expect(await readdir(dirname(files))).not.toContain(files.split('/').at(-1))
})

test.concurrent.for(['SIGINT', 'SIGTERM'] as const)(
  'the demo ends cleanly on %s, also when the signal arrives twice at once',
  async (signal, { startDemo }) => {
    const demo = startDemo({ METRICS_PORT: '0' })
    await demo.prints(/^\[RETRY\]/m)
    demo.process.kill(signal)
    demo.process.kill(signal)
    const { code, stdout, stderr } = await demo.ended()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(summaryHead)
  },
)

test.concurrent('a second Ctrl-C a moment later kills the demo', async ({ startDemo }) => {
  // Retry delays of 4 s make the drain long enough
  const demo = startDemo({ METRICS_PORT: '0', BASE_RETRY_DELAY: '4' })
  await demo.prints(/^\[RETRY\]/m)
  demo.process.kill('SIGINT')
  await demo.prints(/^Stopping/m)
  // Repeated until the demo ends: signals in the first 0.3 s count as one
  const again = setInterval(() => demo.process.kill('SIGINT'), 100)
  const { code, stdout } = await demo.ended().finally(() => clearInterval(again))
  expect(code).toBe(130)
  expect(stdout).not.toMatch(summaryHead)
})

test.concurrent('two demos run at the same time: the second reports in one line that the port is in use and uses another', async ({
  startDemo,
}) => {
  const port = await freePort()
  const first = startDemo({ METRICS_PORT: String(port) })
  expect(await first.metricsUrl()).toBe(`http://127.0.0.1:${port}/metrics`)
  const second = startDemo({ METRICS_PORT: String(port) })
  const url = await second.metricsUrl()
  expect(url).not.toBe(`http://127.0.0.1:${port}/metrics`)
  expect((await fetch(url)).status).toBe(200)
  expect(
    second
      .output()
      .split('\n')
      .filter((line) => line.includes(`${port} is taken`)),
  ).toHaveLength(1)
  for (const demo of [first, second]) demo.process.kill('SIGINT')
  expect([(await first.ended()).code, (await second.ended()).code]).toEqual([0, 0])
})

test.concurrent('environment variables override the settings file of the demo', async ({ startDemo }) => {
  const demo = startDemo({ METRICS_PORT: '0', MAX_RETRIES: '1', BASE_RETRY_DELAY: '0.1' })
  await demo.prints(/^\[RETRY\] \S+ attempt 2\/2 in /m)
  demo.process.kill('SIGINT')
  const { stdout } = await demo.ended()
  expect(stdout).toMatch(/^Settings +config\/demo\.yaml and the environment: retries after 0\.1 s/m)
})

test.concurrent('with a key the demo uses the real model, and shows neither the key nor a scripted model', async ({
  startDemo,
  onTestFinished,
}) => {
  const model = await startModelServer()
  onTestFinished(() => model.close())
  const demo = startDemo({
    METRICS_PORT: '0',
    OPENAI_API_KEY: 'sk-secret',
    OPENAI_BASE_URL: `${model.url}/v1`,
    OPENAI_MODEL: 'gpt-4o-mini',
  })
  await expect.poll(() => model.log.billed.answers).toBeGreaterThan(10)
  demo.process.kill('SIGINT')
  const { code, stdout, stderr } = await demo.ended()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Model +gpt-4o-mini at 127\.0\.0\.1:\d+$/m)
  expect(stdout).not.toMatch(/sk-secret|scripted/)
  expect(new Set(model.log.requests.map((request) => request.model))).toEqual(new Set(['gpt-4o-mini']))
})

test.concurrent.for<[Record<string, string>, string]>([
  [{ DEMO_SECONDS: 'soon' }, 'DEMO_SECONDS must be a number of seconds above 0, at most 86400, got "soon"\n'],
])('the demo reports the problem of %j in one line and exits with 2', async ([env, line], { startDemo }) => {
  const { code, stdout, stderr } = await startDemo({ METRICS_PORT: '0', ...env }).ended()
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: line })
})

test.concurrent('the demo reports an invalid telemetry setting without a stack trace and exits with 2', async ({ startDemo }) => {
  const { code, stderr } = await startDemo({ BASE_RETRY_DELAY: 'abc' }).ended()
  expect(code).toBe(2)
  expect(stderr).toMatch(/BASE_RETRY_DELAY.*abc/)
  expect(stderr).not.toMatch(/ {4}at /)
})
