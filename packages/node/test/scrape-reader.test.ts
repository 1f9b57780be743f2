import { readFileSync } from 'node:fs'

import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'

import { promotedAttributes, ScrapeReader } from '../src/metrics-endpoint.ts'

async function scraped(
  name: string,
  unit: string,
  kind: 'createCounter' | 'createUpDownCounter' | 'createGauge' | 'createHistogram',
): Promise<string> {
  const reader = new ScrapeReader()
  const instrument = new MeterProvider({ readers: [reader] }).getMeter('test')[kind](name, { unit, description: 'd' })
  if ('add' in instrument) instrument.add(1)
  else instrument.record(1)
  return /# TYPE (?!target_info)(\S+ \S+)/.exec(await reader.text())?.[1] ?? 'nothing'
}

test.each([
  ['agent.executions', '{execution}', 'createCounter', 'agent_executions_total counter'],
  ['agent.execution.duration', 's', 'createHistogram', 'agent_execution_duration_seconds histogram'],
  ['agent.cost.usd', '{USD}', 'createCounter', 'agent_cost_usd_total counter'],
  ['active_executions', '{execution}', 'createUpDownCounter', 'active_executions gauge'],
  ['swarm.health.score', '', 'createGauge', 'swarm_health_score gauge'],
  ['process.cpu.time', 's', 'createCounter', 'process_cpu_time_seconds_total counter'],
  ['nodejs.eventloop.utilization', '1', 'createGauge', 'nodejs_eventloop_utilization_ratio gauge'],
  ['heap.size', 'By', 'createUpDownCounter', 'heap_size_bytes gauge'],
  ['latency.seconds', 's', 'createHistogram', 'latency_seconds histogram'],
] as const)('%s in "%s" by %s is scraped as %s', async (name, unit, kind, expected) => {
  expect(await scraped(name, unit, kind)).toBe(expected)
})

async function lastLine(attributes: Record<string, string>): Promise<string | undefined> {
  const reader = new ScrapeReader()
  const resource = resourceFromAttributes({
    'service.name': 'swarm',
    'service.version': '1.2.3',
    'deployment.environment.name': 'production',
    'cloud.region': 'eu-1',
  })
  new MeterProvider({ resource, readers: [reader] }).getMeter('test', '1.0').createCounter('runs').add(2, attributes)
  return (await reader.text()).trim().split('\n').at(-1)
}

test('puts environment and region on the series, and nothing else of scope and resource', async () => {
  expect(await lastLine({ 'agent.name': 'a' })).toBe(
    'runs_total{agent_name="a",deployment_environment_name="production",cloud_region="eu-1"} 2',
  )
})

test('an environment or region of the point itself comes before that of the resource', async () => {
  expect(await lastLine({ 'cloud.region': 'us-1', deployment_environment_name: 'test' })).toBe(
    'runs_total{cloud_region="us-1",deployment_environment_name="test"} 2',
  )
})

test('the labels are those that Prometheus of the production stack promotes', () => {
  const file = readFileSync(new URL('../../../collector/prometheus/prometheus.yaml', import.meta.url), 'utf8')
  const [, list = ''] = /promote_resource_attributes:\n((?: +- .*\n)+)/.exec(file) ?? []
  expect([...list.matchAll(/- (\S+)/g)].map(([, name]) => name)).toEqual(promotedAttributes)
})
