import { promql } from '../../promql.ts'
import { by, failedRequest, label, series } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { quantilePanel, ratePanel } from '../common-panels.ts'
import { limits } from '../limits.ts'
import type { PanelQuery, Row } from '../panel.ts'
import { legendOf, observedPerMinute, perMinute, quantile } from '../queries.ts'
import { fleetName, ofFleets, ofJobs } from '../selectors.ts'

/** Requests to models: their number, errors, durations and cached tokens. */
export const models = ({ histograms }: MixinSettings): Row => ({
  title: 'Models',
  panels: [
    ratePanel({
      title: 'Which models are called most?',
      description: 'Requests to models, by provider and model, repeats by clients and calls outside of runs included.',
      query: 'requests',
      counter: observedPerMinute(histograms, series.inferenceDuration, ofJobs()),
      by: [label.provider, label.model],
      span: 8,
    }),
    ratePanel({
      title: 'Why do requests to models fail?',
      description: 'Failed requests to models, by provider and error: an HTTP status, an error code or an error class.',
      query: 'failed',
      counter: observedPerMinute(histograms, series.inferenceDuration, ofJobs(failedRequest)),
      by: [label.provider, label.errorType],
      span: 8,
      whenEmpty: 'None failed',
    }),
    {
      shows: 'graph',
      title: 'What share of the requests fails?',
      description:
        'Failed share of the requests to each model in the last 5 minutes, without those that a caller aborted. ModelProviderErrors ' +
        'fires above the line.',
      unit: 'percentunit',
      queries: {
        share: {
          expr: `max ${by(label.provider, label.model, label.environment, label.region)} (model:error_ratio:rate5m${ofFleets()})`,
          legend: `${legendOf([label.provider, label.model])} ${fleetName}`,
        },
      },
      limits: limits.modelErrors,
      min: 0,
      span: 8,
    },
    quantilePanel({
      title: 'How long does a model take?',
      description: '95% of the requests to each model ended within this time, streams included.',
      mode: histograms,
      histogram: series.inferenceDuration,
      of: ofJobs(),
      by: label.model,
      span: 6,
    }),
    {
      shows: 'graph',
      title: 'When does the first chunk arrive?',
      description: 'Half of the streams of each model, and 95% of them, delivered their first chunk within this time.',
      unit: 's',
      queries: {
        p50: {
          expr: quantile(histograms, 0.5, series.inferenceTimeToFirstChunk, ofJobs(), [label.model]),
          legend: `{{${label.model}}} p50`,
        },
        p95: {
          expr: quantile(histograms, 0.95, series.inferenceTimeToFirstChunk, ofJobs(), [label.model]),
          legend: `{{${label.model}}} p95`,
        },
      },
      min: 0,
      span: 6,
      whenEmpty: 'No streams',
    },
    {
      shows: 'graph',
      title: 'How much input is cached?',
      description:
        'Share of the input tokens of each model that the provider read from its cache. They cost a fraction of the others.',
      unit: 'percentunit',
      queries: { cached: cachedShare() },
      leastTop: 1,
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Which usage or price is missing?',
      description:
        'Model calls without token usage, and calls without a price: their tokens or cost are not in any sum. Set `stream_options: ' +
        '{ include_usage: true }` in the client, or `prices` in the settings.',
      unit: 'suffix: /min',
      queries: {
        usage: {
          expr: perMinute(series.usageMissing + ofJobs(), [label.model]),
          legend: `{{${label.model}}} usage`,
        },
        price: { expr: perMinute(series.priceUnknown + ofJobs(), [label.model]), legend: `{{${label.model}}} price` },
      },
      min: 0,
      span: 6,
      whenEmpty: 'Nothing is missing',
    },
    {
      shows: 'graph',
      title: 'Which models are unavailable?',
      description:
        'Processes in which the breaker of a model is open. ModelProviderUnavailable fires for each. Only agents with ' +
        '`recovery.provider.breaker` have a breaker.',
      unit: 'none',
      queries: {
        open: {
          expr: `sum ${by(label.provider, label.model)} (${series.providerBreakerOpen}${ofJobs()})`,
          legend: legendOf([label.provider, label.model]),
        },
      },
      min: 0,
      leastTop: 1,
      span: 8,
      whenEmpty: 'No breakers',
    },
    ratePanel({
      title: 'Which attempts were avoided?',
      description:
        'Attempts that were due and were held back: the breaker was open (`breaker`), the provider had asked another run to wait ' +
        '(`asked_to_wait`), or the retry budget was used up (`retry_budget`).',
      query: 'avoided',
      counter: series.providerRetriesAvoided + ofJobs(),
      by: [label.model, label.reason],
      span: 8,
      whenEmpty: 'None avoided',
    }),
    {
      shows: 'graph',
      title: 'How much of the quotas is left?',
      description:
        'Smallest rest of each quota, as rate-limit headers of the last responses describe it. Providers without such headers have none.',
      unit: 'percentunit',
      queries: {
        left: {
          expr: promql`
            min ${by(label.model, label.quota)} (
              ${series.providerQuotaRemaining}${ofJobs()}
                / (${series.providerQuotaLimit}${ofJobs()} > 0)
            )`,
          legend: legendOf([label.model, label.quota]),
        },
      },
      min: 0,
      leastTop: 1,
      span: 8,
      whenEmpty: 'No quotas',
    },
  ],
})

function cachedShare(): PanelQuery {
  const rateOf = (counter: string): string => promql`
    sum by (${label.model}) (
      rate(${counter}${ofJobs()}[$__rate_interval])
    )`
  return {
    expr: promql`
      ${rateOf(series.inferenceCacheReadInputTokens)}
        / (${rateOf(series.inferenceInputTokens)} > 0)`,
    legend: legendOf([label.model]),
  }
}
