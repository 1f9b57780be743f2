import { histogramReads, type Observations } from '../../histograms.ts'
import { promql } from '../../promql.ts'
import { label, series } from '../../series.ts'
import { quantilePanel, ratePanel, retriesByErrorPanel } from '../common-panels.ts'
import type { MixinSettings } from '../../settings.ts'
import { outcomeColors } from '../limits.ts'
import type { Row } from '../panel.ts'
import { observedPerMinute } from '../queries.ts'
import { ofAgents, ofToolsOfAgents } from '../selectors.ts'

/** Retries of the agent, their reasons and their duration. */
export function recovery({ histograms }: MixinSettings): Row {
  const read = histogramReads(histograms)
  const waits: Observations = { over: 'rate', histogram: series.retryWait, matchers: ofAgents(), range: '[$__rate_interval]' }
  return {
    title: 'Recovery',
    panels: [
      retriesByErrorPanel('Why does the agent retry?', 8),
      quantilePanel({
        title: 'How long does an attempt take?',
        description: '95% of the attempts ended within this time, by outcome, without the waits between attempts.',
        mode: histograms,
        histogram: series.attemptDuration,
        of: ofAgents(),
        by: label.outcome,
        colors: outcomeColors,
        span: 8,
      }),
      {
        shows: 'graph',
        title: 'How long is the wait before a retry?',
        description: 'Mean time that the agent waited before a retry.',
        unit: 's',
        queries: {
          mean: {
            expr: promql`
            ${read.sum([], waits)}
              / (${read.count([], waits)} > 0)`,
            legend: 'mean',
          },
        },
        min: 0,
        span: 8,
        whenEmpty: 'No retries',
      },
    ],
  }
}

/** Which tools the agent uses, how long they take, and which of them fail. */
export const tools = ({ histograms }: MixinSettings): Row => ({
  title: 'Tools',
  panels: [
    quantilePanel({
      title: 'How long do tools take?',
      description: '95% of the calls of each tool ended within this time.',
      mode: histograms,
      histogram: series.executeToolDuration,
      of: ofToolsOfAgents(),
      by: label.tool,
      span: 8,
    }),
    ratePanel({
      title: 'Which tools are called?',
      description: 'Calls of each tool, including failed calls.',
      query: 'calls',
      counter: observedPerMinute(histograms, series.executeToolDuration, ofToolsOfAgents()),
      by: [label.tool],
      span: 8,
    }),
    ratePanel({
      title: 'Which tools fail?',
      description: 'Failed calls of each tool, by error.',
      query: 'failed',
      counter: observedPerMinute(histograms, series.executeToolDuration, ofToolsOfAgents(`${label.errorType}!=""`)),
      by: [label.tool, label.errorType],
      span: 8,
      whenEmpty: 'None failed',
    }),
  ],
})
