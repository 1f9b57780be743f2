import { promql } from '../../promql.ts'
import { series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits, limitsOf } from '../limits.ts'
import type { Row } from '../panel.ts'
import { byAgentName, ofAgents, ofFleets, ofJobs } from '../selectors.ts'

const health = `min(swarm:health_score${ofFleets()})`

/** The numbers that say whether the swarm is well, health first. */
export function keyNumbers(settings: MixinSettings): Row {
  return {
    title: 'Now',
    panels: [
      {
        shows: 'number',
        title: 'Swarm health',
        question: 'How healthy is the swarm?',
        description:
          'Health score of the worst region, 0 to 100: failures take up to 60 points, slowness up to 25, CPU and memory up to 15. ' +
          'SwarmHealthLow fires below the limits.',
        unit: 'none',
        // Without a value at its end the line would end with the last one there was
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
        title: 'Failed share',
        question: 'What share of the runs fails?',
        description:
          'Failed share of the root executions of the last 5 minutes, all agents together, in the worst region. Cancelled runs do not ' +
          'count, and neither do those of agents that other agents call. SystemErrorRateWarning and SystemErrorRateCritical fire above ' +
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
        title: 'Response time',
        question: 'How long does a run take?',
        description:
          '95% of the root executions of the last 5 minutes ended within this time, waits between attempts included, in the slowest ' +
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
        title: 'Active agents',
        question: 'How many agents are active?',
        description:
          'Agents with a run that has not ended, or one that ended in the last 5 minutes. An agent of several regions is one.',
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
        title: 'Health change',
        question: 'Is it better or worse than an hour ago?',
        description: 'Points of the health score now against an hour ago; below zero it got worse.',
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
        whenEmpty: 'Not an hour old',
      },
      {
        shows: 'number',
        title: 'Busiest process',
        question: 'How busy is the busiest process?',
        description:
          'CPU (one core is 100%) or memory (of what the container or the machine has), whichever is higher. From 80% on it takes points ' +
          'from the health score, all 15 at 100%.',
        unit: 'percentunit',
        queries: { resources: { expr: `max(${series.resourceUtilization}${ofJobs()})`, legend: 'busiest' } },
        limits: limits.busiest,
        min: 0,
        span: 6,
        whenEmpty: 'No agents',
      },
      {
        shows: 'number',
        title: 'Alert count',
        question: 'How many alerts fire?',
        description:
          'Critical and warning alerts that fire now, of all agents and of the pipeline, those that Alertmanager mutes included.',
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
