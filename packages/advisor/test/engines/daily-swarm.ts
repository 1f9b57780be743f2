import { fixedRandom } from '@swarmwatch/testkit'

import { poisson } from '../forecast/shapes.ts'
import type { SimulatedSeries } from './prometheus-with-history.ts'

/** Executions and cost of agents with a daily rhythm, which waste nothing. */
export function dailySwarm(agents: number, hours: number): readonly SimulatedSeries[] {
  return Array.from({ length: agents }, (_, index) => {
    const random = fixedRandom(index + 1)
    const labels = { agent_name: `agent-${index}` }
    const runs = Float64Array.from({ length: hours }, (_, hour) => poisson(20 + 15 * Math.sin((hour / 12) * Math.PI), random))
    return [
      { name: 'agent_executions_total', labels: { ...labels, outcome: 'success' }, hourly: runs },
      {
        name: 'agent_cost_usd_total',
        labels: { ...labels, gen_ai_request_model: 'm-1' },
        hourly: runs.map((count) => count * 0.02),
      },
    ]
  }).flat()
}
