import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'

import { ScrapeReader } from '../src/metrics/scrape-reader.ts'

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

test('puts neither scope nor resource on the series', async () => {
  const reader = new ScrapeReader()
  new MeterProvider({ readers: [reader] }).getMeter('test', '1.0').createCounter('runs').add(2, { 'agent.name': 'a' })
  expect((await reader.text()).trim().split('\n').at(-1)).toBe('runs_total{agent_name="a"} 2')
})
