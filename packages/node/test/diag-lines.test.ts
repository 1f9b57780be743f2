import { DiagLogLevel } from '@opentelemetry/api'
import { expect, test } from 'vitest'

import { diagLevel, diagLines } from '../src/opentelemetry/log-lines.ts'

test('logs the message of an error without its stack, also when it arrives as JSON', () => {
  const lines: string[] = []
  const diag = diagLines((line) => lines.push(line))
  const error = new Error('first line\nsecond line')
  diag.error('export failed', error, { prompt: 'secret' })
  diag.error(JSON.stringify({ stack: error.stack, message: 'in JSON', name: 'Error' }))
  expect(lines).toEqual(['OpenTelemetry: export failed first line', 'OpenTelemetry: in JSON'])
})

test('logs the same text, numbers aside, at most once a minute', () => {
  const lines: string[] = []
  let now = 0
  const diag = diagLines((line) => lines.push(line), { now: () => now })
  diag.warn('dropped 3 spans')
  now = 59_999
  diag.warn('dropped 4 spans')
  diag.warn('something else')
  now = 60_000
  diag.warn('dropped 5 spans')
  expect(lines).toEqual(['OpenTelemetry: dropped 3 spans', 'OpenTelemetry: something else', 'OpenTelemetry: dropped 5 spans'])
})

test('never shows a token, a header, or the user and query of an address', () => {
  const lines: string[] = []
  const diag = diagLines((line) => lines.push(line), { secrets: ['t0p-secret'] })
  diag.warn("bad URL 'https://user:pass@host/in?key=abc', sent t0p-secret and Bearer xyz.123")
  expect(lines).toEqual(["OpenTelemetry: bad URL 'https://***@host/in?***', sent *** and Bearer ***"])
})

test('stays bounded: a long text is cut', () => {
  const lines: string[] = []
  diagLines((line) => lines.push(line)).error('x'.repeat(1_000_000))
  expect(lines[0]).toHaveLength('OpenTelemetry: '.length + 300)
})

test('reads OTEL_LOG_LEVEL in any case, and warns by default', () => {
  expect([undefined, 'debug', 'NONE', 'nonsense'].map(diagLevel)).toEqual([
    DiagLogLevel.WARN,
    DiagLogLevel.DEBUG,
    DiagLogLevel.NONE,
    DiagLogLevel.WARN,
  ])
})
