import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import type { Row } from '../panel.ts'
import { ofAgents, ofToolsOfAgents } from '../selectors.ts'

/** Which models and tools it uses, and how that goes. */
export const modelAndTools: Row = {
  title: 'Model and tools',
  panels: [
    {
      shows: 'graph',
      title: 'Tokens',
      question: 'How many tokens does it use?',
      description: 'Tokens of all attempts, by model and direction, as the model billed them.',
      unit: 'suffix: /min',
      queries: {
        tokens: {
          expr: promql`
            60 * sum by (${label.model}, ${label.direction}) (
              rate(${series.tokens}${ofAgents()}[$__rate_interval])
            )`,
          legend: `{{${label.model}}} {{${label.direction}}}`,
        },
      },
      isStacked: true,
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Tool time',
      question: 'How long do its tools take?',
      description: '95% of the calls of each tool end within this time.',
      unit: 's',
      queries: {
        p95: {
          expr: promql`
            histogram_quantile(
              0.95,
              sum by (${label.tool}, le) (
                rate(${series.executeToolDuration}_bucket${ofToolsOfAgents()}[$__rate_interval])
              )
            ) >= 0`,
          legend: `{{${label.tool}}}`,
        },
      },
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Tool calls',
      question: 'Which tools does it call?',
      description: 'Calls of each tool, failed ones included.',
      unit: 'suffix: /min',
      queries: {
        calls: {
          expr: promql`
            60 * sum by (${label.tool}) (
              rate(${series.executeToolDuration}_count${ofToolsOfAgents()}[$__rate_interval])
            )`,
          legend: `{{${label.tool}}}`,
        },
      },
      isStacked: true,
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Tool failures',
      question: 'Which tools fail?',
      description: 'Failed calls of each tool, by error.',
      unit: 'suffix: /min',
      queries: {
        failed: {
          expr: promql`
            60 * sum by (${label.tool}, ${label.errorType}) (
              rate(${series.executeToolDuration}_count${ofToolsOfAgents(`${label.errorType}!=""`)}[$__rate_interval])
            )`,
          legend: `{{${label.tool}}} {{${label.errorType}}}`,
        },
      },
      isStacked: true,
      min: 0,
      span: 6,
      whenEmpty: 'None failed',
    },
  ],
}
