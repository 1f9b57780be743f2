import { promql } from '../../promql.ts'
import { label } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { failuresByErrorPanel, topAgentsPanel } from '../common-panels.ts'
import { limits, limitsOf } from '../limits.ts'
import { serviceColumn } from '../links.ts'
import type { PanelQuery, Row } from '../panel.ts'
import { withService } from '../queries.ts'
import { byAgentName, ofAgents } from '../selectors.ts'

/** Rate, errors and duration of every agent in one table. */
export function agentsTable(settings: MixinSettings): Row {
  return {
    title: 'Agents',
    panels: [
      {
        shows: 'table',
        title: 'Which agents need attention?',
        description:
          'The last 5 minutes of every agent, the highest failed share first, with its failed share over the time range and its cost in ' +
          'the last hour. The name links to the dashboard and the traces of the agent.',
        unit: 'none',
        queries: {
          failed: ofEach('max', 'agent:error_ratio:rate5m'),
          course: failedOverRange(),
          runs: ofEach('sum', 'agent:executions:rate5m', 60),
          p95: ofEach('max', 'agent:execution_duration_seconds:p95_5m'),
          retries: ofEach('max', 'agent:retry_ratio:rate5m'),
          cost: ofEach('sum', 'agent:cost_usd:increase1h'),
          services: { expr: services(), legend: '' },
        },
        columns: {
          [label.agent]: { title: 'Agent', isAgent: true },
          [label.environment]: { title: 'Environment', width: 130 },
          'Value #failed': { title: 'Failed', unit: 'percentunit', limits: limits.agentErrors, cell: 'bar', max: 1 },
          'Trend #course': { title: 'Failed in the range', unit: 'percentunit', cell: 'sparkline' },
          'Value #runs': { title: 'Runs per minute', unit: 'none', cell: 'bar' },
          'Value #p95': { title: '95% end within', unit: 's', limits: slowLimits(settings), width: 130 },
          'Value #retries': { title: 'Retries', unit: 'percentunit', limits: limits.retries, width: 95 },
          'Value #cost': { title: 'Cost of the hour', unit: 'currencyUSD', width: 130 },
          service: { title: serviceColumn, isHidden: true },
        },
        order: [
          { by: 'Failed', isDescending: true },
          { by: 'Runs per minute', isDescending: true },
        ],
        span: 24,
        height: 9,
        whenEmpty: 'No agents',
      },
    ],
  }
}

/** Rate, errors and duration over time. */
export function runs(settings: MixinSettings): Row {
  return {
    title: 'Runs',
    panels: [
      topAgentsPanel({
        title: 'How many runs does each agent have?',
        description: 'Successful and failed runs, mean of 5 minutes: the ten busiest agents, and the sum of all others.',
        unit: 'suffix: /min',
        query: 'runs',
        series: `agent:executions:rate5m${ofAgents()}`,
        how: 'sum',
        times: 60,
        span: 12,
      }),
      failuresByErrorPanel('Why do runs fail?', 12),
      topAgentsPanel({
        title: 'Which agents fail?',
        description:
          'Failed share of the runs in the last 5 minutes: the ten agents with the highest share, and the highest of all others. ' +
          'AgentErrorRateWarning and AgentErrorRateCritical fire above the lines.',
        unit: 'percentunit',
        query: 'failed',
        series: `agent:error_ratio:rate5m${ofAgents()}`,
        how: 'max',
        limits: limits.agentErrors,
        span: 12,
      }),
      topAgentsPanel({
        title: 'Which agents are slow?',
        description:
          '95% of the runs in the last 5 minutes ended within this time: the ten slowest agents, and the slowest of all others. ' +
          'AgentSlowResponses fires above the line.',
        unit: 's',
        query: 'p95',
        series: `agent:execution_duration_seconds:p95_5m${ofAgents()}`,
        how: 'max',
        limits: slowLimits(settings),
        span: 12,
      }),
    ],
  }
}

function slowLimits(settings: MixinSettings) {
  return limitsOf(settings, 'above', 'slow_response')
}

function everyAgent(modifier = ''): string {
  return `max ${byAgentName} (agent:executions:rate5m${ofAgents()}${modifier})`
}

/**
 * A column. Every query returns a row for every agent, without a value if necessary: Grafana merges
 * rows by the labels that all results have, and an empty result has none.
 */
function ofEach(how: 'sum' | 'max', series: string, times = 1): PanelQuery {
  const value = `${how} ${byAgentName} (${series}${ofAgents()})`
  return {
    expr: promql`
      ${times === 1 ? value : `${times} * ${value}`}
      or
      NaN * ${everyAgent()}`,
    legend: '',
  }
}

/**
 * The failed share over the range, of the agents that exist at its end: a removed agent would have
 * a row without values.
 */
function failedOverRange(): PanelQuery {
  return {
    expr: promql`
      (
        ${ofEach('max', 'agent:error_ratio:rate5m').expr}
      )
      and
      ${everyAgent(' @ end()')}`,
    legend: '',
  }
}

/**
 * The service of each agent, by which Jaeger finds its traces. Of several jobs, it is the one with
 * most runs.
 */
function services(): string {
  const byJob = promql`
    max by (${label.agent}, ${label.environment}, ${label.job}) (
      agent:executions:rate5m${ofAgents()}
    )`
  return withService(promql`
    topk by (${label.agent}, ${label.environment}) (
      1,
      ${byJob}
    )`)
}
