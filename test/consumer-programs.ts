// Programs as users of the packed packages write them

/** A service with a rule that always fires, and a Slack of its own that ends it. */
export const embedded = `
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

/** One run that recovers, its spans and metrics, with an OpenTelemetry SDK made of the given parts. */
export const recording = (traceSdk: string, provider: string, processor: string): string => `
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

/** A test of an agent, and cases of the isolation suite. */
export const testing = `
import { writeFile } from 'node:fs/promises'
import { trace } from '@opentelemetry/api'
import { currentExecution, instrumentAgent } from '@swarmwatch/sdk'
import { runIsolationSuite, startTestTelemetry } from '@swarmwatch/testing'

const tracer = trace.getTracer('made before')
const solve = async () => {
  tracer.startSpan('by hand').end()
  if (currentExecution().attempt === 1) throw new Error('not yet')
  return 42
}
const telemetry = await startTestTelemetry()
await instrumentAgent(solve, { name: 'solver', logger: false })()
const { waits } = telemetry.expectExecution('solver', { outcome: 'success', attempts: 2 })
const recorded = { waits, spans: telemetry.spans().map(({ name }) => name), retries: await telemetry.sum('agent.retries') }
await telemetry.shutdown()

await writeFile('adapter.mjs', \`
import { instrumentAgent } from '@swarmwatch/sdk'
export default { name: 'x', retries: 3, wrap: (agent) => instrumentAgent(agent, { name: 'writer', logger: false }) }
\`)
const cases = ['telemetry that works', 'a span processor throws in onStart', 'a view throws at each recording', 'a listener throws']
const isolation = await runIsolationSuite(new URL('adapter.mjs', import.meta.url), { cases })
console.log(JSON.stringify({ ...recorded, isolation }))
`

/** A program that must compile, and one line that must not. */
export const typedConsumer = `
import { AgentInstrumentation } from '@swarmwatch/instrumentation'
import { trace } from '@opentelemetry/api'
import { getSystemHealth, instrumentAgent, recoveryOf, type InstrumentAgentOptions } from '@swarmwatch/sdk'
import { metric } from '@swarmwatch/sdk/names'
import { startTestTelemetry, type IsolationAdapter, type RecordedExecution } from '@swarmwatch/testing'

const options: InstrumentAgentOptions<[string], number> = { name: 'length', attributes: { team: 'a' }, recovery: { maxRetries: 1 } }
const length: (text: string) => Promise<number> = instrumentAgent(async (text: string) => text.length, options)
// @ts-expect-error a number is no string
void length(1)
export const score: number = getSystemHealth().score
export const attempts: number | undefined = recoveryOf(new Error('x'))?.attempts
export const names: string[] = [metric.executions.name, String(trace.getActiveSpan())]
export const run = async (): Promise<RecordedExecution> =>
  (await startTestTelemetry({ skipWaits: false })).expectExecution('length', { tokens: { input: 1 }, waits: (waits) => waits[0] === 5 })
export const agents: string[] = [...new AgentInstrumentation({ frameworks: ['wire'] }).found()]
export const adapter: IsolationAdapter = { name: 'mine', wrap: (agent) => instrumentAgent(agent) }
`
