import { metrics, trace } from '@opentelemetry/api'
import { MetricReader } from '@opentelemetry/sdk-metrics'
import { afterEach, expect, test } from 'vitest'

import { instrumentAgent } from '@swarmwatch/sdk'
import { metric } from '@swarmwatch/sdk/names'
import { startTestTelemetry, type TestTelemetry, type TestTelemetryOptions } from '../src/index.ts'

let open: TestTelemetry[] = []
afterEach(async () => {
  for (const telemetry of open) await telemetry.shutdown()
  open = []
})
async function start(options?: TestTelemetryOptions): Promise<TestTelemetry> {
  const telemetry = await startTestTelemetry(options)
  open.push(telemetry)
  return telemetry
}

const greet = instrumentAgent(async (name: string) => `hello ${name}`, { name: 'greeter' })
const flaky = (baseDelaySeconds: number): (() => Promise<string>) => {
  let calls = 0
  return instrumentAgent(
    async () => {
      calls += 1
      if (calls === 1) throw Object.assign(new Error('busy'), { status: 503 })
      return 'done'
    },
    { name: 'flaky', recovery: { baseDelaySeconds }, logger: false },
  )
}
const tracerFromBefore = trace.getTracer('made before everything')

test('keeps runs, spans and points by name, in the order in which they ended', async () => {
  const telemetry = await start()
  await flaky(5)()
  await greet('Ada')
  expect(telemetry.executions().map(({ agentName }) => agentName)).toEqual(['flaky', 'greeter'])
  expect(telemetry.executions('greeter')).toMatchObject([{ agentName: 'greeter', outcome: 'success' }])
  expect(telemetry.spans().map(({ name }) => name)).toEqual([
    'attempt 1',
    'attempt 2',
    'invoke_agent flaky',
    'attempt 1',
    'invoke_agent greeter',
  ])
  expect(telemetry.spans('attempt 1')).toHaveLength(2)
  expect(await telemetry.points('agent.retries')).toEqual([
    { name: 'agent.retries', attributes: { 'agent.name': 'flaky', 'error.type': '503' }, value: 1 },
  ])
  const names = (await telemetry.points(undefined, 'greeter')).map(({ name }) => name)
  expect(new Set(names)).toContain('gen_ai.invoke_agent.duration')
  expect(names).not.toContain('agent.retries')
})

test('sums the points with the labels that are named: values of counters, recordings of histograms', async () => {
  const telemetry = await start()
  await flaky(5)()
  await greet('Ada')
  await greet('Grace')
  expect(await telemetry.sum('agent.executions')).toBe(3)
  expect(await telemetry.sum('agent.executions', { 'agent.name': 'greeter', outcome: 'success' })).toBe(2)
  expect(await telemetry.sum('agent.executions', { 'agent.name': 'greeter', outcome: 'failure' })).toBe(0)
  expect(await telemetry.sum('agent.attempt.duration')).toBe(4)
  expect(await telemetry.sum('no.such.metric')).toBe(0)
})

test('waits take no time and are recorded as if they had', async () => {
  const telemetry = await start()
  // It would be 30 s, longer than a test may take
  await flaky(600)()
  expect(telemetry.expectExecution('flaky', { waits: [30] }).durationSeconds).toBeGreaterThanOrEqual(30)
})

test('waits take their time where they are not to be skipped, and after the end', async () => {
  const telemetry = await start({ skipWaits: false })
  let startedMs = performance.now()
  await flaky(0.05)()
  expect(performance.now() - startedMs).toBeGreaterThan(45)
  await telemetry.shutdown()
  startedMs = performance.now()
  await flaky(0.05)()
  expect(performance.now() - startedMs).toBeGreaterThan(45)
})

test('forgets everything on reset, and goes on', async () => {
  const telemetry = await start()
  await greet('Ada')
  telemetry.reset()
  expect([telemetry.spans(), telemetry.executions(), await telemetry.sum(metric.executions.name)]).toEqual([[], [], 0])
  await greet('Grace')
  expect(telemetry.executions()).toHaveLength(1)
  expect(telemetry.spans()).toHaveLength(2)
  expect(await telemetry.sum(metric.executions.name)).toBe(1)
})

test('refuses a reset that a metric reader of the test would not survive', async () => {
  const telemetry = await start({ metricReaders: [new SilentReader()] })
  await greet('Ada')
  expect(() => telemetry.reset()).toThrow(
    'reset() cannot be used with metricReaders: a reader belongs permanently to one provider; start a new test telemetry instead',
  )
  expect(telemetry.executions()).toHaveLength(1)
})

test('one test records nothing of another, whatever was made before', async () => {
  for (const name of ['Ada', 'Grace']) {
    await using telemetry = await startTestTelemetry()
    tracerFromBefore.startActiveSpan('by hand', (span) => span.end())
    tracerFromBefore.startSpan('by hand').end()
    await greet(name)
    expect(telemetry.executions()).toHaveLength(1)
    expect(telemetry.spans().map((span) => span.name)).toEqual(['by hand', 'by hand', 'attempt 1', 'invoke_agent greeter'])
    expect(await telemetry.sum(metric.executions.name)).toBe(1)
  }
})

test('after the end nothing is registered, and what was recorded can still be read', async () => {
  const telemetry = await start()
  await greet('Ada')
  await telemetry.shutdown()
  await greet('Grace')
  expect(trace.getTracer('x').startSpan('y').isRecording()).toBe(false)
  expect(tracerFromBefore.startSpan('y').isRecording()).toBe(false)
  expect(metrics.getMeterProvider().getMeter('x').createCounter('y').constructor.name).toMatch(/noop/i)
  expect(telemetry.executions()).toHaveLength(1)
  expect(telemetry.spans('invoke_agent greeter')).toHaveLength(1)
})

test('refuses options that there are not, or cannot be, all at once', async () => {
  await expect(startTestTelemetry({ skipWait: true, views: 'all', skipWaits: undefined } as never)).rejects.toThrow(
    'startTestTelemetry: skipWait is not an option; the options are spanProcessors, sampler, metricReaders, views, skipWaits, got true\n' +
      'startTestTelemetry: views must be an array, got "all"',
  )
})

test('takes the place of an OpenTelemetry SDK that is registered already', async () => {
  trace.setGlobalTracerProvider({ getTracer: () => trace.getTracer('never') })
  const telemetry = await start()
  await greet('Ada')
  expect(telemetry.spans()).toHaveLength(2)
})

test('processors, samplers, readers and views of the test work together with those that record everything', async () => {
  const started: string[] = []
  const reader = new SilentReader()
  const telemetry = await start({
    spanProcessors: [
      {
        onStart: ({ name }: { name: string }) => void started.push(name),
        onEnd() {},
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
    sampler: { shouldSample: (_: unknown, __: unknown, name: string) => ({ decision: name.startsWith('invoke') ? 2 : 0 }) },
    metricReaders: [reader],
    views: [{ instrumentName: 'agent.retries', name: 'renamed' }],
  })
  await flaky(5)()
  expect(started).toEqual(['invoke_agent flaky'])
  expect(telemetry.spans().map(({ name }) => name)).toEqual(['invoke_agent flaky'])
  expect(await telemetry.sum('renamed')).toBe(1)
  const { resourceMetrics } = await reader.collect()
  expect(resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name))).toContain(
    'renamed',
  )
})

class SilentReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}
