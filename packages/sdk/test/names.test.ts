import { expect, test } from 'vitest'

import packageJson from '../package.json' with { type: 'json' }
import { agentBuckets, metric, toolBuckets, type Metric } from '../src/names.ts'
import { version } from '../src/telemetry/guarded-span.ts'

// How Prometheus (translation UnderscoreEscapingWithSuffixes) makes a name of an OpenTelemetry one:
// github.com/prometheus/otlptranslator
function prometheusName({ name, unit, kind }: Metric): string {
  const words: Record<string, string> = { s: 'seconds', By: 'bytes', '1': kind === 'gauge' ? 'ratio' : '' }
  const tokens = name.split(/[^A-Za-z0-9:]+/)
  const suffix = unit.startsWith('{') ? '' : (words[unit] ?? '')
  if (suffix !== '' && !tokens.includes(suffix)) tokens.push(suffix)
  if (kind === 'counter') tokens.push('total')
  return tokens.join('_')
}

test('every metric has the Prometheus name that its name, kind and unit translate to', () => {
  for (const of of Object.values(metric)) expect(prometheusName(of), of.name).toBe(of.prometheus)
})

test('the six names of the mission are unchanged', () => {
  const { executions, executionDuration, failures, successRate, errorRate, activeExecutions } = metric
  expect(
    [executions, executionDuration, failures, successRate, errorRate, activeExecutions].map(({ prometheus }) => prometheus),
  ).toEqual([
    'agent_executions_total',
    'agent_execution_duration_seconds',
    'agent_failures_total',
    'agent_success_rate',
    'system_error_rate',
    'active_executions',
  ])
})

test('the buckets of the GenAI conventions double from 0.1 to 409.6 s and from 0.01 to 81.92 s', () => {
  expect(agentBuckets).toEqual([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6])
  expect(toolBuckets).toEqual([0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92])
})

test('the scope has the version of the package', () => {
  expect(version).toBe(packageJson.version)
})
