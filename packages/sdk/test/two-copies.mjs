// Run as a process of its own: `node two-copies.mjs <index.ts of a copy> <index.ts of another>`. Prints what the two see of each other.
import { pathToFileURL } from 'node:url'

import { metrics } from '@opentelemetry/api'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'

class ManualReader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

const [first, second] = await Promise.all(process.argv.slice(2).map((path) => import(pathToFileURL(path).href)))
const reader = new ManualReader()
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))

const events = []
first.onExecution(({ type, execution }) => events.push(`${type} ${execution.agentName}`))
second.configureRecovery({ baseDelaySeconds: 0 })

const seen = {}
const tool = second.instrumentTool(async () => first.currentExecution()?.agentName, { name: 'lookup' })
const inner = second.instrumentAgent(async () => first.currentExecution()?.agentName, { name: 'inner', logger: false })
const outer = first.instrumentAgent(
  async () => {
    const execution = second.currentExecution()
    if (execution.attempt === 1) throw new Error('once')
    Object.assign(seen, {
      agentName: execution.agentName,
      attempt: execution.attempt,
      tool: await tool(),
      inner: await inner(),
      activeInBoth: [first.getActiveExecutions().length, second.getActiveExecutions().length],
    })
  },
  { name: 'outer', logger: false },
)
await outer()

const failure = new Error('for good')
await second
  .instrumentAgent(
    async () => {
      throw failure
    },
    { name: 'fails', recovery: false, logger: false },
  )()
  .catch(() => {})

const { resourceMetrics } = await reader.collect()
const points = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
const executions = points.filter(({ descriptor }) => descriptor.name === 'agent.executions')
console.log(
  JSON.stringify({
    ...seen,
    copiesDiffer: first.instrumentAgent !== second.instrumentAgent,
    heard: events,
    recoveryOf: first.recoveryOf(failure)?.agentName,
    sameTotals: JSON.stringify(first.getExecutionMetrics()) === JSON.stringify(second.getExecutionMetrics()),
    executions: first.getExecutionMetrics().executions,
    instruments: executions.length,
    counted: executions[0].dataPoints
      .filter(({ value }) => value > 0)
      .map(({ attributes, value }) => [attributes['agent.name'], value]),
    healthScores: points
      .filter(({ descriptor }) => descriptor.name === 'swarm.health.score')
      .map(({ dataPoints }) => dataPoints.length),
  }),
)
