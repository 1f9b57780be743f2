import { promql } from '../../promql.ts'
import { series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits, limitsOf } from '../limits.ts'
import type { Row } from '../panel.ts'
import { byAgentName, ofAgents, ofFleets, ofJobs } from '../selectors.ts'

const health = `min(swarm:health_score${ofFleets()})`

/** The numbers that show whether the swarm is healthy, the health score first. */
export function keyNumbers(settings: MixinSettings): Row {
  return {
    title: 'Now',
    panels: [
      {
        shows: 'number',
        title: 'How healthy is the swarm?',
        description:
          'Health score of the worst region, from 0 to 100. Failures cost up to 60 points, slow runs up to 25, CPU and memory up to 15. ' +
          'SwarmHealthLow fires below the limits.',
        unit: 'none',
        // Without a value at the end of the range, Grafana would show the last known value
        queries: { health: { expr: `${health} or vector(NaN)`, legend: 'health' } },
        limits: limitsOf(settings, 'below', 'low_health'),
        hasTrend: true,
        decimals: 0,
        min: 0,
        max: 100,
        span: 6,
        height: 8,
        whenEmpty: 'No agents',
      },
      {
        shows: 'number',
        title: 'How many runs fail?',
        description:
          'Failed share of the root executions in the last 5 minutes, over all agents, in the worst region. Cancelled runs do not ' +
          'count, and neither do runs of agents that other agents call. SystemErrorRateWarning and SystemErrorRateCritical fire above ' +
          'the limits.',
        unit: 'percentunit',
        queries: { error_rate: { expr: `max(swarm:error_ratio:rate5m${ofFleets()})`, legend: 'failed' } },
        limits: limitsOf(settings, 'above', 'high_error_rate', 'elevated_error_rate'),
        min: 0,
        max: 1,
        span: 6,
        whenEmpty: 'No runs',
      },
      {
        shows: 'number',
        title: 'How long does a run take?',
        description:
          '95% of the root executions in the last 5 minutes ended within this time, including waits between attempts, in the slowest ' +
          'region. AgentSlowResponses fires for single agents.',
        unit: 's',
        queries: { p95: { expr: `max(swarm:execution_duration_seconds:p95_5m${ofFleets()})`, legend: 'p95' } },
        limits: limitsOf(settings, 'above', 'slow_response'),
        min: 0,
        span: 6,
        whenEmpty: 'No runs',
      },
      {
        shows: 'number',
        title: 'How many agents are active?',
        description:
          'Agents with a run that has not ended, or that ended in the last 5 minutes. An agent in several regions counts once.',
        unit: 'none',
        queries: {
          active_agents: {
            expr: promql`
              count(
                sum ${byAgentName} (${series.activeExecutions}${ofAgents()}) > 0
                or
                sum ${byAgentName} (agent:executions:rate5m${ofAgents()}) > 0
              )
              or
              vector(0)`,
            legend: 'agents',
          },
        },
        min: 0,
        span: 6,
      },
      {
        shows: 'number',
        title: 'How did health change?',
        description: 'Health score now, minus the health score one hour ago. Below zero, health became worse.',
        unit: 'suffix: points',
        queries: {
          change: {
            expr: promql`
              ${health}
                - ${health.replace(/\)$/, ' offset 1h)')}`,
            legend: 'change',
          },
        },
        decimals: 0,
        span: 6,
        whenEmpty: 'Less than an hour of data',
      },
      {
        shows: 'number',
        title: 'How busy are processes?',
        description:
          'CPU (one core is 100%) or memory (100% is the limit of the container or the machine) of the busiest process, whichever is ' +
          'higher. From 80% on it costs points of the health score, at 100% all 15.',
        unit: 'percentunit',
        queries: { resources: { expr: `max(${series.resourceUtilization}${ofJobs()})`, legend: 'busiest' } },
        limits: limits.busiest,
        min: 0,
        span: 6,
        whenEmpty: 'No agents',
      },
      {
        shows: 'number',
        title: 'How many alerts fire?',
        description:
          'Critical and warning alerts that fire now, of all agents and of the pipeline, including alerts that Alertmanager suppresses.',
        unit: 'none',
        queries: {
          firing: { expr: 'count(ALERTS{alertstate="firing", severity=~"critical|warning"}) or vector(0)', legend: 'firing' },
        },
        limits: limits.anyAlert,
        min: 0,
        span: 6,
      },
    ],
  }
}
