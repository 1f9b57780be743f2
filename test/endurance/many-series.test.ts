import { setTimeout as delay } from 'node:timers/promises'

import {
  buildImages,
  containerStates,
  containerUses,
  numberFrom,
  type ProductionStack,
  startStack,
} from '@swarmwatch/testkit/stack'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'

import { markdownTable } from './markdown-table.ts'

const steps = [0, 100, 200, 300]
const exportsOfStep = 5
const everySeconds = 15

let stack: ProductionStack

beforeAll(async () => {
  await buildImages()
  stack = await startStack({ settings: { WORKER_TASKS_PER_MINUTE: '0' } })
}, 600_000)
afterAll(() => stack?.close(), 120_000)

interface Step {
  readonly processes: number
  readonly series: number
  readonly megabytes: number
}

/** Number of series in Prometheus, and the median of three samples of its memory. */
async function measured(processes: number): Promise<Step> {
  const samples = [await containerUses(stack), await containerUses(stack), await containerUses(stack)]
  const memory = samples.flatMap((uses) => uses.filter(({ name }) => name.startsWith('prometheus')))
  return {
    processes,
    series: await numberFrom(stack, 'prometheus_tsdb_head_series'),
    megabytes: memory.map(({ memoryMegabytes }) => memoryMegabytes).toSorted((a, b) => a - b)[1]!,
  }
}

test('hundreds of processes with five agents each: nothing is refused or restarted', { timeout: 30 * 60_000 }, async () => {
  onTestFailed(async () => console.log(await stack.compose('logs', '--no-color', '--tail=60')))
  const processes = manyProcesses(stack)
  const found: Step[] = []
  for (const count of steps) {
    for (let number = 1; number <= exportsOfStep; number += 1) {
      const begunMs = performance.now()
      await processes.export(count)
      await delay(Math.max(0, everySeconds * 1000 - (performance.now() - begunMs)))
    }
    found.push(await measured(count))
  }
  const rows = found.map(({ processes: count, series, megabytes }) => [count, series, megabytes.toFixed(0)])
  console.log(markdownTable([['processes with five agents', 'series', 'memory of Prometheus, MB'], ...rows]))
  const [first, last] = [found[0]!, found.at(-1)!]
  const perSeries = ((last.megabytes - first.megabytes) * 1024) / (last.series - first.series)
  console.log(`${perSeries.toFixed(1)} kB of memory for a series`)
  for (const { name, restarts } of await containerStates(stack)) expect([name, restarts]).toEqual([name, 0])
  expect(await numberFrom(stack, 'sum(otelcol_receiver_refused_metric_points_total)')).toBe(0)
  // Five agents with 16 series each, as native histograms
  expect(last.series).toBeGreaterThan(300 * 5 * 16)
})

const agentsOfEach = 5
const bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
const attribute = (key: string, value: string): object => ({ key, value: { stringValue: value } })

/** Many processes with five agents each, as the Collector sees them: what each would export every 15 s. */
export interface ManyProcesses {
  /** Sends an export of each of the first `count`; everything they count has grown since the last. */
  export(count: number): Promise<void>
}

/** They have an agent's histograms and counters under the names and labels that the SDK uses; the runs are made up. */
export function manyProcesses(stack: ProductionStack): ManyProcesses {
  const token = stack.secret('otlp_token')
  const begunNs = `${BigInt(Date.now()) * 1_000_000n}`
  let exports = 0

  async function send(process: number): Promise<void> {
    const response = await fetch(`${stack.otlpUrl}/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ resourceMetrics: [resourceMetrics(process, exports, begunNs)] }),
    })
    await response.body?.cancel()
    if (response.status !== 200) throw new Error(`the Collector answered ${response.status}`)
  }

  return {
    async export(count) {
      exports += 1
      for (let first = 0; first < count; first += 20) {
        await Promise.all(Array.from({ length: Math.min(20, count - first) }, (_, offset) => send(first + offset)))
      }
    },
  }
}

function resourceMetrics(process: number, exports: number, startTimeUnixNano: string): object {
  const times = { startTimeUnixNano, timeUnixNano: `${BigInt(Date.now()) * 1_000_000n}` }
  const agents = Array.from({ length: agentsOfEach }, (_, agent) => attribute('agent.name', `agent-${agent}`))
  const outcomes = ['success', 'failure'].map((outcome) => attribute('outcome', outcome))
  const errors = ['429', '500', 'timeout'].map((type) => attribute('error.type', type))
  const tools = ['read_file', 'write_file', 'list_items'].map((name) => attribute('gen_ai.tool.name', name))
  const pairs = (others: readonly object[]): readonly object[][] =>
    agents.flatMap((agent) => others.map((other) => [agent, other]))

  const histogram = (name: string, sets: readonly object[][]): object => {
    const dataPoints = sets.map((attributes) => ({
      ...times,
      attributes,
      explicitBounds: bounds,
      bucketCounts: [...bounds, 0].map((_, bucket) => String(exports * (bucket + 1))),
      count: String((exports * 14 * 15) / 2),
      sum: exports * 100,
    }))
    return { name, unit: 's', histogram: { aggregationTemporality: 2, dataPoints } }
  }
  const counter = (name: string, sets: readonly object[][]): object => {
    const dataPoints = sets.map((attributes) => ({ ...times, attributes, asInt: String(exports * 3) }))
    return { name, sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } }
  }
  return {
    resource: {
      attributes: [
        attribute('service.name', 'many'),
        attribute('service.namespace', 'street'),
        attribute('service.instance.id', `00000000-0000-4000-8000-${String(process).padStart(12, '0')}`),
        attribute('deployment.environment.name', 'production'),
      ],
    },
    scopeMetrics: [
      {
        scope: { name: '@swarmwatch/sdk', version: '0.1.0' },
        metrics: [
          counter('agent.executions', pairs(outcomes)),
          histogram('agent.execution.duration', pairs(outcomes)),
          histogram('agent.attempt.duration', pairs(outcomes)),
          counter('agent.failures', pairs(errors)),
          counter('agent.retries', pairs(errors)),
          histogram(
            'agent.retry.wait',
            agents.map((agent) => [agent]),
          ),
          histogram('gen_ai.execute_tool.duration', pairs(tools)),
        ],
      },
    ],
  }
}
