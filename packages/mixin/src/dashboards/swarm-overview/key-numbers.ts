import { promql } from '../../promql.ts'
import { byAgent, label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits, limitsOf } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents, ofFleets, ofJobs } from '../selectors.ts'

/** The five numbers that say whether the swarm is well. */
export function keyNumbers(settings: MixinSettings): Row {
  return {
    title: 'Now',
    panels: [
      {
        shows: 'number',
        title: 'How healthy is the swarm?',
        description:
          'Health score of the worst region, 0 to 100: failures take up to 60 points, slowness up to 25, CPU and memory up to 15. ' +
          'SwarmHealthLow tells people.',
        unit: 'none',
        queries: { health: { expr: `min(swarm:health_score${ofFleets()})`, legend: 'health' } },
        limits: limitsOf(settings, 'below', 'low_health'),
        min: 0,
        max: 100,
        span: 4,
      },
      {
        shows: 'number',
        title: 'What share of the runs fails?',
        description:
          'Failed share of the runs of the last 5 minutes, all agents together, in the worst region. Cancelled runs do not count. ' +
          'SystemErrorRateWarning and SystemErrorRateCritical tell people.',
        unit: 'percentunit',
        queries: { error_rate: { expr: `max(swarm:error_ratio:rate5m${ofFleets()})`, legend: 'failed' } },
        limits: limitsOf(settings, 'above', 'high_error_rate', 'elevated_error_rate'),
        min: 0,
        max: 1,
        span: 5,
        whenEmpty: 'no runs',
      },
      {
        shows: 'number',
        title: 'How many agents are active?',
        description: 'Agents with a run under way, or one that ended in the last 5 minutes.',
        unit: 'none',
        queries: {
          active_agents: {
            expr: promql`
              count(
                sum ${byAgent} (${series.activeExecutions}${ofAgents()}) > 0
                or
                agent:executions:rate5m${ofAgents()} > 0
              )
              or
              vector(0)`,
            legend: 'agents',
          },
        },
        min: 0,
        span: 4,
      },
      {
        shows: 'number',
        title: 'How long does a run take?',
        description:
          '95% of the runs of the last 5 minutes ended within this time, waits between attempts included: of the slowest agent, and of ' +
          'all runs in the slowest region. AgentSlowResponses tells people of an agent.',
        unit: 's',
        queries: {
          slowest_agent: { expr: `max(agent:execution_duration_seconds:p95_5m${ofAgents()})`, legend: 'slowest agent' },
          all_runs: { expr: `max(swarm:execution_duration_seconds:p95_5m${ofFleets()})`, legend: 'all runs' },
        },
        limits: limitsOf(settings, 'above', 'slow_response'),
        min: 0,
        span: 6,
        whenEmpty: 'no runs',
      },
      {
        shows: 'number',
        title: 'How busy is the busiest process?',
        description:
          'CPU (one core is 100%) and memory (of what the container or the machine has). From 80% on it takes points from the health score, ' +
          'all 15 at 100%.',
        unit: 'percentunit',
        queries: {
          resources: {
            expr: `max by (${label.resource}) (${series.resourceUtilization}${ofJobs()})`,
            legend: `{{${label.resource}}}`,
          },
        },
        limits: limits.busiest,
        min: 0,
        span: 5,
      },
    ],
  }
}
