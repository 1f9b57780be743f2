import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { consumerOf, installed, packPublished, published, type PackedPackage } from './packed-packages.ts'
import { examplesOf, runProgram, runScript } from './run-in.ts'

let outside: string
let packed: PackedPackage[]
const packedAs = (name: string): PackedPackage => packed.find((each) => each.name === name)!

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'swarmwatch-packages-'))
  packed = await packPublished(outside)
}, 120_000)
afterAll(() => rm(outside, { recursive: true, force: true }))

describe.each(published)('@swarmwatch/%s, packed', (name) => {
  test('holds what runs, its README, its licence, and nothing else', () => {
    const others = packedAs(name).files.filter((file) => !/^(dist|bin)\//.test(file))
    expect(others).toEqual(['LICENSE', 'README.md', 'package.json'])
    expect(packedAs(name).files.filter((file) => !/\.(mjs|d\.mts)$/.test(file))).toEqual(others)
  })

  test('asks for versions that a registry knows', () => {
    const { dependencies, peerDependencies } = packedAs(name).manifest
    const versions = Object.values({ ...dependencies, ...peerDependencies })
    expect(versions.filter((version) => !/^[\^~]?\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test('runs the example of its README', { timeout: 30_000 }, async () => {
    const consumer = await consumerOf(packed, outside)
    const [example] = examplesOf(await readFile(join(packedAs(name).folder, 'README.md'), 'utf8'))
    const { status, output } = await runScript(consumer, 'example.mjs', example!)
    expect(status, output).toBe(0)
    expect({ status, output: withoutTimes(output) }).toMatchSnapshot()
  })
})

test.each(['README.md', 'docs/getting-started.md', 'docs/migration.md'])(
  'the examples of %s run',
  { timeout: 60_000 },
  async (document) => {
    const consumer = await consumerOf(packed, outside)
    const outputs = []
    for (const [at, example] of examplesOf(await readFile(document, 'utf8')).entries()) {
      const { status, output } = await runScript(consumer, `example-${at}.ts`, example)
      expect(status, output).toBe(0)
      outputs.push(withoutTimes(output))
    }
    expect(outputs).toMatchSnapshot()
  },
)

test('the program swarmwatch runs from the packed package', { timeout: 30_000 }, async () => {
  const consumer = await consumerOf(packed, outside)
  const program = join(consumer, 'node_modules/@swarmwatch/node/bin/swarmwatch.mjs')
  const { status, output } = await runProgram(consumer, process.execPath, [program, 'config'])
  expect(status, output).toBe(0)
  expect(output).toContain('recovery')
})

test(
  'a rule that fires reaches Slack through the bridge in the same process, where it is installed',
  { timeout: 30_000 },
  async () => {
    const consumer = await consumerOf(packed, outside)
    const { status, output } = await runScript(consumer, 'embedded.mjs', embedded)
    expect(status, output).toBe(0)
    expect(output.split('\n').filter((line) => line.startsWith('told: '))).toEqual([
      expect.stringContaining('AlwaysWrong') as string,
    ])
  },
)

/** A service with a rule that always fires, and a Slack of its own that ends it. */
const embedded = `
import { createServer } from 'node:http'
import { startTelemetry } from '@swarmwatch/node'

const slack = createServer(async (request, response) => {
  const body = (await Array.fromAsync(request)).join('')
  response.end('ok')
  console.log('told:', JSON.parse(body).text)
  await telemetry.shutdown()
  slack.close()
})
await new Promise((listening) => slack.listen(0, '127.0.0.1', listening))
const telemetry = await startTelemetry({
  serviceName: 'embedded',
  metrics: { port: 0 },
  monitor: { port: 0, intervalSeconds: 1 },
  alerts: {
    rules: [{ name: 'AlwaysWrong', condition: () => true, severity: 'critical', description: 'something is wrong' }],
    channels: [{ type: 'slack', webhook: \`http://127.0.0.1:\${slack.address().port}/hook\` }],
  },
})
`

const setUps = [
  {
    title: '@opentelemetry/api 1.9 with SDK 2',
    from: 'test/otel-2',
    traceSdk: '@opentelemetry/sdk-trace-base',
    provider: '(processor) => new trace.BasicTracerProvider({ spanProcessors: [processor] })',
    processor: '(exporter) => new trace.SimpleSpanProcessor(exporter)',
  },
  {
    title: '@opentelemetry/api 1.10 with SDK 3',
    from: 'packages/sdk',
    traceSdk: '@opentelemetry/sdk-trace',
    provider: '(processor) => new trace.TracerProvider({ spanProcessors: [processor] })',
    processor: '(exporter) => new trace.SimpleSpanProcessor({ exporter })',
  },
] as const

describe.each(setUps)('with $title', ({ from, traceSdk, provider, processor }) => {
  const consumer = (): Promise<string> => {
    const names = ['@opentelemetry/api', '@opentelemetry/context-async-hooks', '@opentelemetry/sdk-metrics', traceSdk]
    const openTelemetry = Object.fromEntries(names.map((name) => [name, installed(from, name)]))
    return consumerOf([packedAs('sdk')], outside, { ...openTelemetry, '@types/node': installed('', '@types/node') })
  }

  test('the packed sdk retries and records its spans and metrics', { timeout: 30_000 }, async () => {
    const { status, output } = await runScript(await consumer(), 'record.mjs', recording(traceSdk, provider, processor))
    expect(status, output).toBe(0)
    expect(JSON.parse(output)).toEqual({
      result: 42,
      spans: ['attempt 1 in invoke_agent solver', 'attempt 2 in invoke_agent solver', 'invoke_agent solver in nothing'],
      succeeded: 1,
      retries: 1,
    })
  })

  test('a TypeScript consumer compiles against the packed types, libraries checked', { timeout: 30_000 }, async () => {
    const folder = await consumer()
    await runScript(folder, 'consumer.ts', typedConsumer)
    const flags =
      '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2024 --types node --skipLibCheck false'
    const tsc = join(installed('', 'typescript'), 'bin/tsc')
    expect(await runProgram(folder, process.execPath, [tsc, ...flags.split(' '), 'consumer.ts'])).toEqual({
      status: 0,
      output: '',
    })
  })
})

const recording = (traceSdk: string, provider: string, processor: string): string => `
import { context, metrics, trace as traceApi } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import * as trace from '${traceSdk}'
import { instrumentAgent } from '@swarmwatch/sdk'
import { metric, scopeName } from '@swarmwatch/sdk/names'

const spans = new trace.InMemorySpanExporter()
const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: exported })] })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
traceApi.setGlobalTracerProvider((${provider})((${processor})(spans)))
metrics.setGlobalMeterProvider(meterProvider)

let calls = 0
const solve = async () => {
  calls += 1
  if (calls === 1) throw new Error('not yet')
  return 42
}
const result = await instrumentAgent(solve, { name: 'solver', recovery: { baseDelaySeconds: 0.01 }, logger: false })()
await meterProvider.forceFlush()

const finished = spans.getFinishedSpans()
const parentOf = (span) => finished.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId)?.name ?? 'nothing'
const recorded = exported.getMetrics().at(-1).scopeMetrics.find(({ scope }) => scope.name === scopeName).metrics
const points = ({ name }) => recorded.find(({ descriptor }) => descriptor.name === name).dataPoints
console.log(JSON.stringify({
  result,
  spans: finished.map((span) => span.name + ' in ' + parentOf(span)),
  succeeded: points(metric.executions).find(({ attributes }) => attributes.outcome === 'success').value,
  retries: points(metric.retries)[0].value,
}))
process.exit()
`

const typedConsumer = `
import { trace } from '@opentelemetry/api'
import { getSystemHealth, instrumentAgent, recoveryOf, type InstrumentAgentOptions } from '@swarmwatch/sdk'
import { metric } from '@swarmwatch/sdk/names'

const options: InstrumentAgentOptions<[string], number> = { name: 'length', attributes: { team: 'a' }, recovery: { maxRetries: 1 } }
const length: (text: string) => Promise<number> = instrumentAgent(async (text: string) => text.length, options)
// @ts-expect-error a number is no string
void length(1)
export const score: number = getSystemHealth().score
export const attempts: number | undefined = recoveryOf(new Error('x'))?.attempts
export const names: string[] = [metric.executions.name, String(trace.getActiveSpan())]
`

/** Output without what differs from run to run. */
function withoutTimes(output: string): string {
  return output.replaceAll(/\d+\.\d+ s/g, 'N s').replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
}
