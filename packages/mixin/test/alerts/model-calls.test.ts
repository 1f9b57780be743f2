import { fleet, matchers, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const model = { ...fleet, gen_ai_provider_name: 'openai', gen_ai_request_model: 'm-1' }
const { agent_name: _, ...process } = writer

/** Requests to a model, by the error that they ended with; '' is none. */
function requests(counts: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const of = { ...process, ...model, gen_ai_operation_name: 'chat', ...more }
  return Object.fromEntries(
    Object.entries(counts).map(([error_type, values]) => [
      `gen_ai_client_inference_duration_seconds_count${matchers({ ...of, ...(error_type !== '' && { error_type }) })}`,
      values,
    ]),
  )
}

alertPromises('ModelProviderErrors', {
  'fires after five minutes above the limit, and not a step before': {
    series: requests({ '': '0+6x400', '429': '0+3x400', '500': '0+1x400' }),
    silentAt: ['5m'],
    firesAt: {
      '5m30s': {
        labels: model,
        summary: '40% of the requests to m-1 of openai fail',
        description:
          '40% of the requests to the model m-1 of openai failed in the last 5 minutes; the limit is 20%. Errors: 429, 500.',
        since: '30s',
      },
    },
  },
  'is silent when exactly a fifth of the requests fails': {
    series: requests({ '': '0+8x400', '429': '0+2x400' }),
    silentAt: ['10m', '30m'],
  },
  'is silent with nineteen requests': {
    series: requests({ '': '0x40 10x400', '429': '0x40 9x400' }),
    silentAt: ['11m', '15m', '16m', '20m'],
  },
  'is silent when callers abort most requests': {
    series: requests({ '': '0+1x400', cancelled: '0+8x400', AbortError: '0+1x400' }),
    silentAt: ['10m', '30m'],
  },
  'counts the requests of all jobs and agents of a fleet together, and each model on its own': {
    series: {
      ...requests({ '': '0+3x400', '500': '0+7x400' }),
      ...requests({ '': '0+3x400', '500': '0+7x400' }, { job: 'others' }),
      ...requests({ '': '0+30x400' }, { gen_ai_request_model: 'm-2' }),
    },
    values: {
      'model:error_ratio:rate5m': {
        '10m': [
          { labels: matchers(model), value: 0.7 },
          { labels: matchers({ ...model, gen_ai_request_model: 'm-2' }), value: 0 },
        ],
      },
    },
  },
})

const breakerOpen = (values: string): Record<string, string> => ({
  [`provider_breaker_open${matchers({ ...process, ...model })}`]: values,
})
const avoided = `provider_retries_avoided_total${matchers({ ...process, ...model, reason: 'breaker' })}`
const unavailable = {
  labels: model,
  summary: 'm-1 of openai is unavailable',
  description:
    'Most calls of the model m-1 of openai failed, and the breaker of at least one process is open: its runs wait, fall back or end ' +
    'as rejected, and a single one probes. Attempts held back in the last 5 minutes: 100.',
}

alertPromises('ModelProviderUnavailable', {
  'is critical after a minute if the model has half of the model calls': {
    series: {
      ...requests({ '': '0+5x400' }),
      ...requests({ '': '0+5x400' }, { gen_ai_request_model: 'm-2' }),
      ...breakerOpen('0x39 1x400'),
      [avoided]: '0+5x400',
    },
    silentAt: ['10m30s'],
    firesAt: { '11m': { ...unavailable, severity: 'critical', since: '10m' } },
  },
  'is a warning if most model calls are those of others': {
    series: {
      ...requests({ '': '0+4x400' }),
      ...requests({ '': '0+5x400' }, { gen_ai_request_model: 'm-2' }),
      ...breakerOpen('0x39 1x400'),
      [avoided]: '0+5x400',
    },
    silentAt: ['10m30s'],
    firesAt: { '11m': { ...unavailable, severity: 'warning', since: '10m' } },
  },
  'is silent while the breaker is closed': {
    series: { ...requests({ '': '0+5x400', '503': '0+5x400' }), ...breakerOpen('0x400') },
    silentAt: ['10m', '1h'],
  },
})

/** Model calls of the agent, and the HTTP requests for them; `failed` ended with a status of 503. */
function calls(counts: { readonly calls: string; readonly requests: string; readonly failed?: string }): Record<string, string> {
  const of = { ...writer, gen_ai_provider_name: 'openai' }
  return {
    [`agent_model_calls_total${matchers(writer)}`]: counts.calls,
    [`agent_model_requests_total${matchers(of)}`]: counts.requests,
    ...(counts.failed !== undefined && {
      [`agent_model_requests_total${matchers({ ...of, error_type: '503' })}`]: counts.failed,
    }),
  }
}

alertPromises('HiddenRetries', {
  'fires after 15 minutes above the limit, and not a step before': {
    series: calls({ calls: '0+1x400', requests: '0+1x400', failed: '0+2x400' }),
    silentAt: ['19m30s'],
    firesAt: {
      '20m': {
        labels: writer,
        summary: 'writer sends 3.0 HTTP requests for each model call',
        description:
          'writer (workers) sent 3.0 HTTP requests for each model call in the last 30 minutes: a client library repeats failed requests ' +
          'by itself, inside the attempts of Swarmwatch, and each repeat costs time. Failed requests to: openai.',
        since: '5m',
      },
    },
  },
  'is silent while one request in two is repeated once': {
    series: calls({ calls: '0+2x400', requests: '0+2x400', failed: '0+1x400' }),
    silentAt: ['30m', '1h'],
  },
  'is silent without repeats, however many requests fail': {
    series: calls({ calls: '0+4x400', requests: '0+1x400', failed: '0+3x400' }),
    silentAt: ['30m', '1h'],
  },
  'is silent with nineteen calls': {
    series: calls({ calls: '0x40 19x400', requests: '0x40 19x400', failed: '0x40 38x400' }),
    silentAt: ['15m', '30m', '45m'],
  },
})
