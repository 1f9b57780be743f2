import { healthScore } from '@swarmwatch/sdk'
import { executionBuckets } from '@swarmwatch/sdk/names'

import { durations, executions, matchers, rootExecutions, writer } from './alerts/agent-series.ts'
import { alertPromises } from './engines/rule-promises.ts'

const shares = [0, 1, 3, 6, 9, 10, 14, 20].map((failures) => ({ failures, errorRate: failures / 20 }))
const slowest = [5, 10, 20, 30, 60]
const uses = [0.5, 0.8, 0.87, 1, 1.4]

const cases = shares.flatMap(({ failures, errorRate }, first) =>
  slowest.map((le, second) => {
    const lower = executionBuckets[executionBuckets.indexOf(le) - 1]!
    const use = uses[(first + second) % uses.length]!
    const [cpu, memory] = first % 2 === 0 ? [use, 0.3] : [0.3, Math.min(use, 1)]
    return { region: `r-${first}-${second}`, failures, le, cpu, memory, errorRate, p95Seconds: lower + 0.95 * (le - lower) }
  }),
)

function seriesOf({ region, failures, le, cpu, memory }: (typeof cases)[number]): Record<string, string> {
  const agent = { ...writer, cloud_region: region }
  // Called three times by each root execution, fast and without a failure: it must not count
  const nested = { ...agent, agent_name: 'nested' }
  const { agent_name: _, ...process } = agent
  const use = (resource: string): string => `swarm_resource_utilization${matchers({ ...agent, resource })}`
  return {
    ...executions({ success: `0+${20 - failures}x60`, failure: `0+${failures}x60` }, agent),
    ...executions({ success: '0+60x60' }, nested),
    ...durations(0.1, '0+60x60', '0+6x60', nested),
    ...rootExecutions({ success: `0+${20 - failures}x60`, failure: `0+${failures}x60` }, process),
    ...durations(le, '0+20x60', '0+20x60', process, 'swarm_execution_duration_seconds'),
    [use('cpu')]: `${cpu}x60`,
    [use('memory')]: `${memory}x60`,
  }
}

alertPromises('SwarmHealthLow', {
  'swarm:health_score is the health score of the SDK, for the whole fleet': {
    series: Object.assign({}, ...cases.map(seriesOf)) as Record<string, string>,
    values: {
      'swarm:health_score': {
        '12m': cases.map((each) => ({
          labels: matchers({ deployment_environment_name: 'production', cloud_region: each.region }),
          value: Math.round(healthScore(each).score * 1e6) / 1e6,
        })),
      },
    },
  },
})
