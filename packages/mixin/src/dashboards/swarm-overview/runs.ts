import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { limits, limitsOf } from '../limits.ts'
import { serviceColumn } from '../links.ts'
import type { PanelQuery, Row } from '../panel.ts'
import { byAgentName, ofAgents, topAgents } from '../selectors.ts'

/** Rate, errors and duration of each agent. */
export function runs(settings: MixinSettings): readonly Row[] {
  const slow = limitsOf(settings, 'above', 'slow_response')
  return [
    {
      title: 'Agents',
      panels: [
        {
          shows: 'table',
          title: 'Agents',
          question: 'How is each agent doing?',
          description:
            'The last 5 minutes of every agent, the one that fails most first, its failed share in the range, and its cost in the last ' +
            'hour. The name leads to its dashboard and its traces.',
          unit: 'none',
          queries: {
            failed: ofEach('max', 'agent:error_ratio:rate5m'),
            course: course(),
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
            'Value #p95': { title: '95% end within', unit: 's', limits: slow, width: 130 },
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
    },
    {
      title: 'Runs',
      panels: [
        {
          shows: 'graph',
          title: 'Runs by agent',
          question: 'How much does each agent do?',
          description: 'Runs that succeeded or failed, mean of 5 minutes: the ten busiest agents, and the others together.',
          unit: 'suffix: /min',
          queries: topAgents('runs', `agent:executions:rate5m${ofAgents()}`, 'sum', 60),
          isByAgent: true,
          isStacked: true,
          min: 0,
          span: 12,
        },
        {
          shows: 'graph',
          title: 'Failures by error',
          question: 'Why do runs fail?',
          description: 'Runs that failed permanently, by error: an HTTP status, a code, a class of error.',
          unit: 'suffix: /min',
          queries: {
            reasons: {
              expr: promql`
                60 * sum by (${label.errorType}) (
                  rate(${series.failures}${ofAgents()}[$__rate_interval])
                )`,
              legend: `{{${label.errorType}}}`,
            },
          },
          isStacked: true,
          min: 0,
          span: 12,
          whenEmpty: 'None failed',
        },
        {
          shows: 'graph',
          title: 'Failures by agent',
          question: 'Which agents fail?',
          description:
            'Failed share of the runs of the last 5 minutes of the ten agents that failed most, and the highest of the others. ' +
            'AgentErrorRateWarning and AgentErrorRateCritical fire above the lines.',
          unit: 'percentunit',
          queries: topAgents('failed', `agent:error_ratio:rate5m${ofAgents()}`, 'max'),
          limits: limits.agentErrors,
          isByAgent: true,
          min: 0,
          span: 12,
        },
        {
          shows: 'graph',
          title: 'Response by agent',
          question: 'Which agents are slow?',
          description:
            '95% of the runs of the last 5 minutes ended within this time: the ten slowest agents, and the slowest of the others. ' +
            'AgentSlowResponses fires above the line.',
          unit: 's',
          queries: topAgents('p95', `agent:execution_duration_seconds:p95_5m${ofAgents()}`, 'max'),
          limits: slow,
          isByAgent: true,
          min: 0,
          span: 12,
        },
      ],
    },
  ]
}

function everyAgent(at = ''): string {
  return `max ${byAgentName} (agent:executions:rate5m${ofAgents()}${at})`
}

/**
 * A column. Every query has a row for every agent, if without a value: Grafana merges rows by the labels that all answers have, and an
 * empty answer has none.
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

/** The failed share over the range of the agents that there are at its end: one that was removed would have a row without values. */
function course(): PanelQuery {
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

/** The service of each agent, by which Jaeger finds its traces; of several jobs, the one that runs it most. */
function services(): string {
  const byJob = promql`
    max by (${label.agent}, ${label.environment}, ${label.job}) (
      agent:executions:rate5m${ofAgents()}
    )`
  return promql`
    label_replace(
      topk by (${label.agent}, ${label.environment}) (
        1,
        ${byJob}
      ),
      "service", "$1", "${label.job}", "(?:.*/)?(.+)"
    )`
}
