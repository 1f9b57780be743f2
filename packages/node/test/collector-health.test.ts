import { expect, test } from 'vitest'

import { collectorHealth } from '../src/opentelemetry/log-lines.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4318'), { code: 'ECONNREFUSED' })

test('logs once for both signals that a collector is down, and once that it works again', () => {
  const lines: string[] = []
  const health = collectorHealth((line) => lines.push(line))
  health.succeeded('http://c:4318/v1/traces')
  health.failed('http://c:4318/v1/traces', refused)
  health.failed('http://c:4318/v1/metrics', refused)
  health.failed('http://c:4318/v1/metrics', refused)
  health.succeeded('http://c:4318/v1/metrics')
  health.succeeded('http://c:4318/v1/traces')
  expect(lines).toEqual([
    'OTLP export to http://c:4318 fails (ECONNREFUSED); the agents continue, and the export is retried',
    'OTLP export to http://c:4318 works again',
  ])
})

test('names the reason in a word and never quotes an answer', () => {
  const lines: string[] = []
  const health = collectorHealth((line) => lines.push(line))
  health.failed('http://a/x', Object.assign(new Error('Unauthorized'), { code: 401, data: 'token abc is bad' }))
  health.failed('http://b/x', new Error('Request timed out'))
  health.failed('http://c/x', new Error('Export failed with retryable status'))
  expect(lines).toEqual([
    'OTLP export to http://a fails (401; check SWARMWATCH_OTLP_TOKEN); the agents continue, and the export is retried',
    'OTLP export to http://b fails (no answer in time); the agents continue, and the export is retried',
    'OTLP export to http://c fails (overloaded: 429, 502, 503 or 504); the agents continue, and the export is retried',
  ])
})
