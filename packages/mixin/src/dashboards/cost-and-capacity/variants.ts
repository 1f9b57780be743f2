import { promql } from '../../promql.ts'
import { ruleThresholds } from '../../rule-thresholds.ts'
import { label } from '../../series.ts'
import { limits } from '../limits.ts'
import { serviceColumn } from '../links.ts'
import type { PanelQuery, Row } from '../panel.ts'
import { withService } from '../queries.ts'
import { ofAgents } from '../selectors.ts'

const { leastExecutions, significantZ } = ruleThresholds.variants
const labels = `${label.agent}, ${label.environment}, ${label.variant}`
const variantName = `{{${label.agent}}} {{${label.environment}}} {{${label.variant}}}`

/** Variants of an agent compared with each other. */
export const variants: Row = {
  title: 'Variants',
  panels: [
    {
      shows: 'table',
      title: 'Which variant is better?',
      description:
        `Variants of the same agent over the last day. z compares a variant with all others of its agent: above ${significantZ} or ` +
        `below -${significantZ}, chance explains the difference in only 1 of 20 cases. AgentVariantDiffers fires from ` +
        `${leastExecutions} runs of each on.`,
      unit: 'none',
      queries: {
        runs: ofEach('sum', 'agent:variant_executions:increase1d'),
        success: ofEach('max', 'agent:variant_success_ratio:1d'),
        z: ofEach('max', 'agent:variant_success_z:1d'),
        duration: ofEach('max', 'agent:variant_duration_seconds:mean_5m'),
        cost: ofEach('max', 'agent:variant_cost_usd_per_success:1d'),
        services: {
          expr: promql`
            max by (${labels}, service) (
              ${withService(`agent:variant_executions:increase1d${ofAgents()}`)}
            )`,
          legend: '',
        },
      },
      columns: {
        [label.agent]: { title: 'Agent', isAgent: true },
        [label.environment]: { title: 'Environment', width: 130 },
        [label.variant]: { title: 'Variant' },
        'Value #runs': { title: 'Runs in a day', unit: 'none', cell: 'bar' },
        'Value #success': { title: 'Succeeded', unit: 'percentunit', cell: 'bar', max: 1 },
        'Value #z': { title: 'z', unit: 'none', limits: limits.variantZ, width: 80 },
        'Value #duration': { title: 'Mean duration', unit: 's', width: 130 },
        'Value #cost': { title: 'Success cost', unit: 'currencyUSD', width: 120 },
        service: { title: serviceColumn, isHidden: true },
      },
      span: 24,
      height: 7,
      whenEmpty: 'No agent has variants',
    },
    {
      shows: 'graph',
      title: 'Which variant succeeds more often?',
      description: 'Share of successful runs in the day before, by variant.',
      unit: 'percentunit',
      queries: { success: lines('agent:variant_success_ratio:1d') },
      isByAgent: true,
      leastTop: 1,
      min: 0,
      span: 8,
      whenEmpty: 'No agent has variants',
    },
    {
      shows: 'graph',
      title: 'Is the difference more than chance?',
      description:
        'z of each variant compared with the others of its agent. Between the lines, chance may explain the difference.',
      unit: 'none',
      queries: { z: lines('agent:variant_success_z:1d') },
      limits: limits.variantZ,
      isByAgent: true,
      span: 8,
      whenEmpty: 'No agent has variants',
    },
    {
      shows: 'graph',
      title: 'What does a success cost?',
      description: 'Cost of the day before, including failed runs, divided by the number of successful runs, by variant.',
      unit: 'currencyUSD',
      queries: { cost: lines('agent:variant_cost_usd_per_success:1d') },
      isByAgent: true,
      leastTop: 0.01,
      min: 0,
      span: 8,
      whenEmpty: 'No agent has variants',
    },
  ],
}

/**
 * A column of the table. The aggregation removes the names of the series, because Grafana does not
 * merge rows of different names. The second part adds a row without a value for every variant,
 * because an empty result has no labels to merge by.
 */
function ofEach(how: 'sum' | 'max', series: string): PanelQuery {
  return {
    expr: promql`
      ${how} by (${labels}) (${series}${ofAgents()})
      or
      NaN * max by (${labels}) (agent:variant_executions:increase1d${ofAgents()})`,
    legend: '',
  }
}

function lines(series: string): PanelQuery {
  return { expr: `max by (${labels}) (${series}${ofAgents()})`, legend: variantName }
}
