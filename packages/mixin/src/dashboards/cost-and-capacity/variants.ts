import { promql } from '../../promql.ts'
import { label } from '../../series.ts'
import { limits } from '../limits.ts'
import { serviceColumn } from '../links.ts'
import type { PanelQuery, Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

const labels = `${label.agent}, ${label.environment}, ${label.variant}`
const variantName = `{{${label.agent}}} {{${label.environment}}} {{${label.variant}}}`

/** Variants of an agent side by side. */
export const variants: Row = {
  title: 'Variants',
  panels: [
    {
      shows: 'table',
      title: 'Variants compared',
      question: 'Which variant is better?',
      description:
        'Variants of the same agent over the last day. z compares a variant with all others of its agent: beyond 1.96 or -1.96, chance ' +
        'explains the difference in 1 of 20 cases only. AgentVariantDiffers fires from 100 runs of each on.',
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
              label_replace(
                agent:variant_executions:increase1d${ofAgents()},
                "service", "$1", "${label.job}", "(?:.*/)?(.+)"
              )
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
      title: 'Success by variant',
      question: 'Which variant succeeds more often?',
      description: 'Share of the runs of the day before that succeeded, by variant.',
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
      title: 'Difference or chance',
      question: 'Is the difference more than chance?',
      description:
        'The z of each variant against the others of its agent; between the lines chance explains the difference well enough.',
      unit: 'none',
      queries: { z: lines('agent:variant_success_z:1d') },
      limits: limits.variantZ,
      isByAgent: true,
      span: 8,
      whenEmpty: 'No agent has variants',
    },
    {
      shows: 'graph',
      title: 'Cost by variant',
      question: 'What does a success of each variant cost?',
      description: 'Cost of the day before, failed runs included, by the runs that succeeded.',
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
 * A column. Without an aggregation the series would keep their names, and rows of different names do not merge; an empty answer would
 * have no labels to merge by.
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
