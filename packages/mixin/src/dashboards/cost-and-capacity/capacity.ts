import { label } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents, ofFleets } from '../selectors.ts'

const region = `{{${label.region}}}`
const byName = `{{${label.agent}}}`

/** How much runs, and where that is heading. */
export const capacity: Row = {
  title: 'Capacity',
  panels: [
    {
      shows: 'number',
      title: 'How much more runs than a week ago?',
      description:
        'Runs of the last 7 days against the 7 days before; 1 is as many. SwarmTrafficGrowing says when it is half as much again.',
      unit: 'suffix: x',
      queries: { growth: { expr: `swarm:executions:weekly_growth${ofFleets()}`, legend: region } },
      limits: limits.weeklyGrowth,
      min: 0,
      span: 6,
      height: 8,
      whenEmpty: 'not yet a week',
    },
    {
      shows: 'graph',
      title: 'How much will run in a week?',
      description: 'Runs per second now, and a straight line through the last 7 days drawn on for 7 more.',
      unit: 'ops',
      queries: {
        now: { expr: `swarm:executions:rate5m${ofFleets()}`, legend: `${region} now` },
        in_a_week: { expr: `swarm:executions:rate5m_in_7d${ofFleets()}`, legend: `${region} in a week` },
      },
      min: 0,
      span: 9,
    },
    {
      shows: 'graph',
      title: 'Does the traffic explain what is under way?',
      description:
        'Runs under way, and how many there should be: arrivals times duration. AgentActiveExecutionsLeak says when there are three times ' +
        'as many: some never ended.',
      unit: 'none',
      queries: {
        active: { expr: `agent:active_executions:mean_15m${ofAgents()}`, legend: byName },
        expected: { expr: `agent:active_executions:expected_15m${ofAgents()}`, legend: `${byName} expected` },
      },
      isByAgent: true,
      min: 0,
      span: 9,
    },
  ],
}
