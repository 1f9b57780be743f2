import { label, series } from '../../series.ts'
import { quantilePanel, ratePanel } from '../common-panels.ts'
import type { Row } from '../panel.ts'
import { ofAgents, ofToolsOfAgents } from '../selectors.ts'

/** Which models and tools the agent uses, how long they take, and which of them fail. */
export const modelAndTools: Row = {
  title: 'Model and tools',
  panels: [
    ratePanel({
      title: 'How many tokens are used?',
      description: 'Tokens of all attempts, by model and direction, as the model provider counts them.',
      query: 'tokens',
      counter: series.tokens + ofAgents(),
      by: [label.model, label.direction],
      span: 6,
    }),
    quantilePanel({
      title: 'How long do tools take?',
      description: '95% of the calls of each tool ended within this time.',
      histogram: series.executeToolDuration,
      of: ofToolsOfAgents(),
      by: label.tool,
      span: 6,
    }),
    ratePanel({
      title: 'Which tools are called?',
      description: 'Calls of each tool, including failed calls.',
      query: 'calls',
      counter: `${series.executeToolDuration}_count${ofToolsOfAgents()}`,
      by: [label.tool],
      span: 6,
    }),
    ratePanel({
      title: 'Which tools fail?',
      description: 'Failed calls of each tool, by error.',
      query: 'failed',
      counter: `${series.executeToolDuration}_count${ofToolsOfAgents(`${label.errorType}!=""`)}`,
      by: [label.tool, label.errorType],
      span: 6,
      whenEmpty: 'None failed',
    }),
  ],
}
