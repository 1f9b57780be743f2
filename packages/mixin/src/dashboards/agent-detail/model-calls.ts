import { type HistogramMode, histogramReads } from '../../histograms.ts'
import { promql } from '../../promql.ts'
import { failedRequest, label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { ratePanel } from '../common-panels.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { perMinute } from '../queries.ts'
import { byAgentAndFleet, fleetName, ofAgents } from '../selectors.ts'

/** Tokens and model calls of the agent, and the HTTP requests for them. */
export const modelCalls = ({ histograms }: MixinSettings): Row => ({
  title: 'Model calls',
  panels: [
    ratePanel({
      title: 'How many tokens are used?',
      description: 'Tokens of all attempts, by model and direction, as the model provider counts them.',
      query: 'tokens',
      counter: series.tokens + ofAgents(),
      by: [label.model, label.direction],
      span: 8,
    }),
    {
      shows: 'graph',
      title: 'How often is a model called?',
      description:
        'Model calls, and the HTTP requests for them. More requests than calls: a client library repeats failed requests by itself.',
      unit: 'suffix: /min',
      queries: {
        calls: { expr: perMinute(series.modelCalls + ofAgents()), legend: 'calls' },
        requests: { expr: perMinute(series.modelRequests + ofAgents()), legend: 'requests' },
      },
      min: 0,
      span: 8,
    },
    ratePanel({
      title: 'Which model requests fail?',
      description: 'Failed HTTP requests to models, by provider and error: an HTTP status, an error code or an error class.',
      query: 'failed',
      counter: series.modelRequests + ofAgents(failedRequest),
      by: [label.provider, label.errorType],
      span: 8,
      whenEmpty: 'None failed',
    }),
    {
      shows: 'graph',
      title: 'How many requests does a model call need?',
      description:
        'HTTP requests for each model call in the last 30 minutes; 1 means that the client repeats nothing. HiddenRetries (severity ' +
        'info) fires above the line.',
      unit: 'suffix: x',
      queries: {
        ratio: { expr: `max ${byAgentAndFleet} (agent:requests_per_model_call:ratio30m${ofAgents()})`, legend: fleetName },
      },
      limits: limits.requestsPerModelCall,
      isByAgent: true,
      min: 0,
      span: 12,
    },
    {
      shows: 'graph',
      title: 'How many model calls does an attempt make?',
      description: 'Mean number of model calls of an attempt, and of the HTTP requests for them.',
      unit: 'none',
      queries: {
        calls: { expr: perAttempt(histograms, series.modelCalls), legend: 'calls' },
        requests: { expr: perAttempt(histograms, series.modelRequests), legend: 'requests' },
      },
      min: 0,
      span: 12,
    },
  ],
})

function perAttempt(mode: HistogramMode, counter: string): string {
  const attempts = histogramReads(mode).count([], {
    over: 'rate',
    histogram: series.attemptDuration,
    matchers: ofAgents(),
    range: '[$__rate_interval]',
  })
  return promql`
    sum(
      rate(${counter}${ofAgents()}[$__rate_interval])
    )
      / (${attempts} > 0)`
}
