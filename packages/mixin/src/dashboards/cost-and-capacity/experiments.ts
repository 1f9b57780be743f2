import { promql } from '../../promql.ts'
import { ruleThresholds } from '../../rule-thresholds.ts'
import { label } from '../../series.ts'
import { serviceColumn } from '../links.ts'
import type { Panel, PanelQuery, Row } from '../panel.ts'
import { withService } from '../queries.ts'
import { ofAgents } from '../selectors.ts'

const { alpha, leastRuns, ratio } = ruleThresholds.experiments
const labels = `${label.agent}, ${label.environment}, ${label.experiment}, ${label.variant}`
const variantName = `{{${label.agent}}} {{${label.environment}}} {{${label.experiment}}} {{${label.variant}}}`
const runs = (): string => `agent:experiment_compared:total30d${ofAgents('sum="runs", side="variant"')}`
const whenEmpty = 'No agent has variants'
const howToRead =
  `The interval contains the true difference with ${100 * (1 - alpha)} % certainty, at every moment and for all variants and measures ` +
  `together, from ${leastRuns} runs of each on. An interval without 0 is a verdict.`

/** Experiments: variants of an agent compared with the control, or with each other. */
export const experiments: Row = {
  title: 'Experiments',
  panels: [
    {
      shows: 'table',
      title: 'Which variant is better?',
      description:
        'Variants of the last 30 days, and their difference from the control, or from all other variants if none is called control. ' +
        `${howToRead} Duration and cost of a success are compared as a part of the reference.`,
      unit: 'none',
      queries: {
        runs: ofEach('sum', runs()),
        success: ofEach('max', `agent:experiment_value${ofAgents('measure="success", side="variant"')}`),
        lowest: bound('lower', 'success'),
        highest: bound('upper', 'success'),
        fastest: bound('lower', 'duration'),
        slowest: bound('upper', 'duration'),
        cheapest: bound('lower', 'cost'),
        dearest: bound('upper', 'cost'),
        services: {
          expr: promql`
            max by (${labels}, service) (
              ${withService(runs())}
            )`,
          legend: '',
        },
      },
      columns: {
        [label.agent]: { title: 'Agent', isAgent: true },
        [label.environment]: { title: 'Environment', width: 100 },
        [label.experiment]: { title: 'Experiment', width: 120 },
        [label.variant]: { title: 'Variant', width: 100 },
        'Value #runs': { title: 'Runs', unit: 'none', cell: 'bar', width: 100 },
        'Value #success': { title: 'Succeeded', unit: 'percentunit', cell: 'bar', max: 1, width: 110 },
        'Value #lowest': { title: 'Success from', unit: 'percentunit', width: 110 },
        'Value #highest': { title: 'to', unit: 'percentunit', width: 80 },
        'Value #fastest': { title: 'Duration from', unit: 'percentunit', width: 110 },
        'Value #slowest': { title: 'to ', unit: 'percentunit', width: 80 },
        'Value #cheapest': { title: 'Cost from', unit: 'percentunit', width: 100 },
        'Value #dearest': { title: 'to  ', unit: 'percentunit', width: 80 },
        service: { title: serviceColumn, isHidden: true },
      },
      span: 24,
      height: 7,
      whenEmpty,
    },
    interval('success', 'How much more success?', 'In points: 0.05 is 90 % in place of 85 %.'),
    interval('duration', 'How much longer?', 'As a part of the duration of the reference.'),
    interval('cost', 'How much more cost?', 'As a part of the cost of the reference, failed and cancelled runs included.'),
    {
      shows: 'graph',
      title: 'Are the shares right?',
      description:
        'Share of the runs that a variant has above or below the expected one, and how far chance reaches, from ' +
        `${ratio.leastExposures} runs on. Beyond it runs are lost, or assigned in another way, and no verdict is valid.`,
      unit: 'percentunit',
      queries: {
        excess: { expr: lines(`abs(agent:experiment_share:excess${ofAgents()})`), legend: variantName },
        chance: { expr: lines(`agent:experiment_share:margin${ofAgents()}`), legend: `${variantName} chance` },
      },
      isByAgent: true,
      leastTop: 0.01,
      min: 0,
      span: 6,
      whenEmpty: 'No agent has experiments',
    },
  ],
}

function interval(measure: string, title: string, meaning: string): Panel {
  const line = (which: string): PanelQuery => ({
    expr: lines(`agent:experiment_change:${which}${ofAgents(`measure="${measure}"`)}`),
    legend: `${variantName} ${which}`,
  })
  return {
    shows: 'graph',
    title,
    description: `Both ends of the interval of the difference from the reference. ${meaning} ${howToRead}`,
    unit: 'percentunit',
    queries: { lower: line('lower'), upper: line('upper') },
    isByAgent: true,
    leastTop: 0.01,
    span: 6,
    whenEmpty: 'No variant has enough runs',
  }
}

function bound(which: 'lower' | 'upper', measure: string): PanelQuery {
  return ofEach('max', `agent:experiment_change:${which}${ofAgents(`measure="${measure}"`)}`)
}

/**
 * A column of the table. The aggregation removes the names of the series, because Grafana does not
 * merge rows of different names. The second part adds a row without a value for every variant,
 * because an empty result has no labels to merge by.
 */
function ofEach(how: 'sum' | 'max', series: string): PanelQuery {
  return {
    expr: promql`
      ${how} by (${labels}) (${series})
      or
      NaN * max by (${labels}) (${runs()})`,
    legend: '',
  }
}

function lines(series: string): string {
  return `max by (${labels}) (${series})`
}
