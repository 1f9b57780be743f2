import { promql } from '../../promql.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { agentName, byAgentName, fleetName, ofAgents, ofFleets } from '../selectors.ts'

/** How much runs, and where that is heading. */
export const capacity: Row = {
  title: 'Capacity',
  panels: [
    {
      shows: 'number',
      title: 'Weekly growth',
      question: 'How much more runs than a week ago?',
      description:
        'Runs of the last 7 days against the 7 days before, in the region that grew most; 1 is as many. SwarmTrafficGrowing fires above ' +
        'the limit.',
      unit: 'suffix: x',
      queries: { growth: { expr: `max(swarm:executions:weekly_growth${ofFleets()})`, legend: 'growth' } },
      limits: limits.weeklyGrowth,
      min: 0,
      span: 6,
      height: 8,
      whenEmpty: 'Not a week old',
    },
    {
      shows: 'graph',
      title: 'Runs forecast',
      question: 'How much will run in a week?',
      description:
        'Root executions now, and a straight line through the last 7 days drawn on for 7 more. There is no forecast from less than a day.',
      unit: 'suffix: /min',
      queries: {
        now: { expr: `60 * swarm:executions:rate5m${ofFleets()}`, legend: `${fleetName} now` },
        in_a_week: { expr: `60 * swarm:executions:rate5m_in_7d${ofFleets()}`, legend: `${fleetName} in a week` },
      },
      min: 0,
      span: 9,
    },
    {
      shows: 'graph',
      title: 'Runs never ended',
      question: 'Does the traffic explain the active runs?',
      description:
        'How many times as many runs are active as arrivals times duration explain, of the ten agents where it is highest. ' +
        'AgentActiveExecutionsLeak fires above the line: some runs never ended.',
      unit: 'suffix: x',
      queries: {
        times: {
          // Which ten is decided once, at the end of the range: at each moment others would be drawn
          expr: promql`
            ${timesExplained('')}
            and
            topk(
              10,
              ${timesExplained(' @ end()')}
            )`,
          legend: agentName,
        },
      },
      limits: limits.activeTimes,
      isByAgent: true,
      min: 0,
      span: 9,
    },
  ],
}

function timesExplained(at: string): string {
  return promql`
    max ${byAgentName} (
      agent:active_executions:mean_15m${ofAgents()}${at}
        / (agent:active_executions:expected_15m${ofAgents()}${at} > 0)
    )`
}
