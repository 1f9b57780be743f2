import { executionBuckets } from '@swarmwatch/sdk/names'

import { histogramReads } from '../../histograms.ts'
import { ruleThresholds } from '../../rule-thresholds.ts'
import { finished, label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { failuresByErrorPanel, ratePanel } from '../common-panels.ts'
import { limits, limitsOf, outcomeColors } from '../limits.ts'
import type { Panel, PanelQuery, Row } from '../panel.ts'
import { quantile } from '../queries.ts'
import { byAgentAndFleet, fleetName, ofAgents } from '../selectors.ts'

const finishedOfAgents = ofAgents(finished.slice(1, -1))

/**
 * The agent in five numbers. Where several environments are selected, each number is that of the
 * worst environment.
 */
export function agentNow(settings: MixinSettings): Row {
  return {
    title: 'Now',
    panels: [
      {
        shows: 'number',
        title: 'How many runs fail?',
        description:
          'Failed share of the runs in the last 5 minutes, in the worst environment. AgentErrorRateWarning and AgentErrorRateCritical ' +
          'fire above the limits.',
        unit: 'percentunit',
        queries: { failed: { expr: `max(agent:error_ratio:rate5m${ofAgents()})`, legend: 'failed' } },
        limits: limits.agentErrors,
        min: 0,
        max: 1,
        span: 5,
        whenEmpty: 'No runs',
      },
      {
        shows: 'number',
        title: 'How many run?',
        description:
          'Runs that have started and not ended, including runs that wait. AgentStuckExecutions fires when no run ends any more.',
        unit: 'none',
        queries: { active: { expr: `sum(${series.activeExecutions}${ofAgents()})`, legend: 'active' } },
        min: 0,
        span: 4,
        whenEmpty: 'None',
      },
      {
        shows: 'number',
        title: 'How long is a run?',
        description:
          '95% of the runs in the last 5 minutes ended within this time, in the slowest environment. AgentSlowResponses fires above ' +
          'the limit.',
        unit: 's',
        queries: { p95: { expr: `max(agent:execution_duration_seconds:p95_5m${ofAgents()})`, legend: 'p95' } },
        limits: limitsOf(settings, 'above', 'slow_response'),
        min: 0,
        span: 5,
        whenEmpty: 'No runs',
      },
      {
        shows: 'number',
        title: 'How much is retried?',
        description:
          'Share of the attempts in the last 5 minutes that were retries, in the worst environment. AgentRetriesHigh fires above the ' +
          'limit.',
        unit: 'percentunit',
        queries: { retries: { expr: `max(agent:retry_ratio:rate5m${ofAgents()})`, legend: 'retries' } },
        limits: limits.retries,
        min: 0,
        max: 1,
        span: 5,
        whenEmpty: 'No runs',
      },
      {
        shows: 'number',
        title: 'What does success cost?',
        description: 'Cost of the last hour, including failed runs, divided by the number of successful runs.',
        unit: 'currencyUSD',
        queries: {
          cost: {
            expr: `sum(agent:cost_usd:increase1h${ofAgents()}) / (sum(agent:successes:increase1h${ofAgents()}) > 0)`,
            legend: 'cost',
          },
        },
        min: 0,
        span: 5,
        whenEmpty: 'No success',
      },
    ],
  }
}

/** How the agent's runs end and how long they take. */
export function agentRuns(settings: MixinSettings): Row {
  return {
    title: 'Runs',
    panels: [
      ratePanel({
        title: 'How do runs end?',
        description: 'Runs by outcome. Cancelled runs count neither as success nor as failure.',
        query: 'outcomes',
        counter: series.executions + ofAgents(),
        by: [label.outcome],
        colors: outcomeColors,
        span: 8,
      }),
      {
        shows: 'graph',
        title: 'When did runs fail?',
        description:
          'Failed share of the runs in the 5 minutes before, by environment and region. AgentErrorRateWarning and ' +
          'AgentErrorRateCritical fire above the lines.',
        unit: 'percentunit',
        queries: {
          failed: { expr: `max ${byAgentAndFleet} (agent:error_ratio:rate5m${ofAgents()})`, legend: fleetName },
        },
        limits: limits.agentErrors,
        isByAgent: true,
        min: 0,
        span: 8,
      },
      failuresByErrorPanel('Why did runs fail?', 8),
      {
        shows: 'graph',
        title: 'How long did runs take?',
        description: '50%, 95% and 99% of the runs ended within these times. AgentSlowResponses uses the 95% line.',
        unit: 's',
        queries: { half: ofRuns(settings, 0.5, '50%'), p95: ofRuns(settings, 0.95, '95%'), p99: ofRuns(settings, 0.99, '99%') },
        limits: limitsOf(settings, 'above', 'slow_response'),
        min: 0,
        span: 12,
      },
      {
        shows: 'heatmap',
        title: 'How are durations distributed?',
        description:
          'Number of runs that ended, by duration. Two bands mean two kinds of runs, for example runs with and without retries.',
        unit: 'suffix: runs',
        axisUnit: 's',
        queries: {
          durations: {
            expr: histogramReads(settings.histograms).cumulated(executionBuckets, {
              over: 'increase',
              histogram: series.executionDuration,
              matchers: finishedOfAgents,
              range: '[$__rate_interval]',
            }),
            legend: '{{le}}',
          },
        },
        span: 12,
      },
    ],
  }
}

function ofRuns({ histograms }: MixinSettings, share: number, legend: string): PanelQuery {
  return { expr: quantile(histograms, share, series.executionDuration, finishedOfAgents), legend }
}

/** The last quarter of an hour compared with the same hours of the weeks before. */
export const unusual: Row = {
  title: 'Unusual',
  panels: [
    {
      shows: 'number',
      title: 'How many weeks are compared?',
      description:
        'Weeks of history behind the usual ranges, up to four. With 0 the ranges are still learned: they come from the days before, ' +
        'and too few runs are not reported.',
      unit: 'none',
      queries: { weeks: { expr: `min(agent:anomaly_weeks:count${ofAgents()})`, legend: 'weeks' } },
      min: 0,
      span: 6,
      height: 8,
      whenEmpty: 'No runs',
    },
    anomaly('executions', 'Is the number of runs usual?', 'Runs', 'none', 9),
    anomaly('error_ratio', 'Is the share of failures usual?', 'Failed share of the runs', 'percentunit', 9),
    anomaly('duration', 'Is the duration usual?', 'Mean duration of the runs', 's', 6),
    anomaly('cost_per_run', 'Is the cost of a run usual?', 'Mean cost of a run', 'currencyUSD', 6),
    anomaly('tokens_per_run', 'Are the tokens of a run usual?', 'Mean tokens of a run', 'none', 6),
    anomaly('tool_calls_per_run', 'Are the tool calls of a run usual?', 'Mean tool calls of a run', 'none', 6),
  ],
}

function anomaly(signal: string, title: string, what: string, unit: string, span: number): Panel {
  // Usually one job runs an agent in a region; of several jobs, the highest counts
  const highest = (series: string): string => `max ${byAgentAndFleet} (${series}${ofAgents(`signal="${signal}"`)})`
  return {
    shows: 'graph',
    title,
    description:
      `${what} in the ${signal === 'executions' ? ruleThresholds.anomaly.windowMinutes : 15} minutes before, and the usual range of this hour of the week. ` +
      'AgentAnomaly (severity info) fires when the value leaves the range.',
    unit,
    queries: {
      value: { expr: highest('agent:anomaly_value:recent'), legend: fleetName },
      upper: { expr: highest('agent:anomaly_upper:recent'), legend: `${fleetName} at most` },
      // Fewer failures than usual are not unusual
      ...(signal !== 'error_ratio' && {
        lower: { expr: highest('agent:anomaly_lower:recent'), legend: `${fleetName} at least` },
      }),
    },
    isByAgent: true,
    leastTop: unit === 'currencyUSD' ? 0.01 : 1,
    min: 0,
    span,
  }
}
