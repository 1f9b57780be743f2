import { label } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofAgents } from '../selectors.ts'

const byVariant = `{{${label.agent}}} {{${label.variant}}}`

/** Variants of an agent side by side. */
export const variants: Row = {
  title: 'Variants',
  panels: [
    {
      shows: 'table',
      title: 'Which variant is better?',
      description:
        'Variants of the same agent over the last day. z compares a variant with all others of its agent: beyond 1.96 or -1.96, chance ' +
        'explains the difference in 1 of 20 cases only. AgentVariantDiffers says so from 100 runs of each on.',
      unit: 'none',
      queries: {
        runs: { expr: `agent:variant_executions:increase1d${ofAgents()}`, legend: '' },
        success: { expr: `agent:variant_success_ratio:1d${ofAgents()}`, legend: '' },
        z: { expr: `agent:variant_success_z:1d${ofAgents()}`, legend: '' },
        duration: { expr: `agent:variant_duration_seconds:mean_5m${ofAgents()}`, legend: '' },
        cost: { expr: `agent:variant_cost_usd_per_success:1d${ofAgents()}`, legend: '' },
      },
      columns: {
        [label.agent]: { title: 'Agent', isAgent: true },
        [label.variant]: { title: 'Variant' },
        'Value #runs': { title: 'Runs in a day' },
        'Value #success': { title: 'Succeeded', unit: 'percentunit' },
        'Value #z': { title: 'z', limits: limits.variantZ },
        'Value #duration': { title: 'Mean duration', unit: 's' },
        'Value #cost': { title: 'Cost of a success', unit: 'currencyUSD' },
      },
      span: 24,
      height: 6,
      whenEmpty: 'No agent has variants',
    },
    {
      shows: 'graph',
      title: 'Which variant succeeds more often?',
      description: 'Share of the runs of the day before that succeeded, by variant.',
      unit: 'percentunit',
      queries: { success: { expr: `agent:variant_success_ratio:1d${ofAgents()}`, legend: byVariant } },
      isByAgent: true,
      min: 0,
      max: 1,
      span: 8,
      whenEmpty: 'No agent has variants',
    },
    {
      shows: 'graph',
      title: 'Is the difference more than chance?',
      description:
        'The z of each variant against the others of its agent; between the lines chance explains the difference well enough.',
      unit: 'none',
      queries: { z: { expr: `agent:variant_success_z:1d${ofAgents()}`, legend: byVariant } },
      limits: limits.variantZ,
      isByAgent: true,
      span: 8,
      whenEmpty: 'No agent has variants',
    },
    {
      shows: 'graph',
      title: 'What does a success of each variant cost?',
      description: 'Cost of the day before, failed runs included, by the runs that succeeded.',
      unit: 'currencyUSD',
      queries: { cost: { expr: `agent:variant_cost_usd_per_success:1d${ofAgents()}`, legend: byVariant } },
      isByAgent: true,
      min: 0,
      span: 8,
      whenEmpty: 'No agent has variants',
    },
  ],
}
