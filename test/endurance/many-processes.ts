import { type ProductionStack } from '@swarmwatch/testkit/stack'

const agentsOfEach = 5
const bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
const attribute = (key: string, value: string): object => ({ key, value: { stringValue: value } })

/** Many processes with five agents each, as the Collector sees them: what each would export every 15 s. */
export interface ManyProcesses {
  /** Sends an export of each of the first `count`; everything they count has grown since the last. */
  export(count: number): Promise<void>
}

/** They have an agent's histograms and counters under the names and labels that the SDK gives them; the runs are made up. */
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
