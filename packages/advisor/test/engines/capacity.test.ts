import { describe, expect, test } from 'vitest'

import { planCapacity, type CapacityNeeds } from '../../src/capacity/capacity-plan.ts'
import { openPrometheus } from '../../src/prometheus/prometheus-client.ts'
import type { ResourcePlan } from '../../src/report/report.ts'
import { prometheusWithHistory, type SimulatedSeries, whyNoPrometheus } from './prometheus-with-history.ts'

if (whyNoPrometheus !== undefined) console.log(`skipped: ${whyNoPrometheus}`)

const hours = 14 * 24
const hourly = (value: (hour: number) => number): Float64Array => Float64Array.from({ length: hours }, (_, hour) => value(hour))

function gauge(name: string, labels: Readonly<Record<string, string>>, value: (hour: number) => number): SimulatedSeries {
  return { name, labels, hourly: hourly(value), isGauge: true }
}

const ofStore = { job: 'prometheus', instance: 'localhost:9090' }

/** Limit and rest of a quota, as one process saw them. */
function quota(
  labels: Readonly<Record<string, string>>,
  { limit, rest }: Readonly<Record<'limit' | 'rest', (hour: number) => number>>,
): readonly SimulatedSeries[] {
  const all = { deployment_environment_name: 'production', ...labels }
  return [gauge('provider_quota_limit', all, limit), gauge('provider_quota_remaining', all, rest)]
}

const requests = { gen_ai_provider_name: 'openai', gen_ai_request_model: 'gpt-5', quota: 'requests' }
const tokens = { gen_ai_provider_name: 'anthropic', gen_ai_request_model: 'opus', quota: 'input_tokens' }

async function planOf(
  simulated: readonly SimulatedSeries[],
  needs: Partial<CapacityNeeds> = {},
): Promise<ReadonlyMap<string, ResourcePlan>> {
  await using prometheus = await prometheusWithHistory(simulated)
  const { resources } = await planCapacity(openPrometheus({ url: prometheus.url }), {
    peakHour: { low: 90, middle: 120, high: 150 },
    lastPeakHour: 100,
    nowSeconds: prometheus.endMs / 1_000,
    matchers: '',
    workers: undefined,
    concurrency: undefined,
    ...needs,
  })
  return new Map(resources.map((plan) => [plan.resource, plan]))
}

const isBusy = (hour: number): boolean => hour % 24 === 10

describe.skipIf(whyNoPrometheus !== undefined)('the capacity plan', () => {
  test('has the quotas of providers at the predicted peak, from the highest use of the last week', async () => {
    const plan = await planOf([
      // Two processes of one quota: what is left for both is the smaller rest
      ...quota({ ...requests, instance: 'one' }, { limit: () => 10_000, rest: (hour) => (isBusy(hour) ? 4_000 : 9_000) }),
      ...quota({ ...requests, instance: 'two' }, { limit: () => 10_000, rest: () => 9_500 }),
      // An hour without any rest, but more than a week ago
      ...quota(tokens, { limit: () => 50_000, rest: (hour) => (hour === 100 ? 0 : 45_000) }),
    ])
    const openai = plan.get('quota:openai:gpt-5:requests')!
    expect(openai).toMatchObject({ available: 10_000, needed: { low: 5_400, middle: 7_200, high: 9_000 } })
    expect(openai.headroomRatio).toBeCloseTo(0.1, 6)
    expect(openai.evidence).toBe('At most 60 % of the quota was used in the last 7 days, whose busiest hour had 100 runs.')
    const anthropic = plan.get('quota:anthropic:opus:input_tokens')!
    expect(anthropic.available).toBe(50_000)
    expect(anthropic.needed.middle).toBeCloseTo(6_000, 6)
  })

  test('judges what is left of a quota by the limit of its time, and plans with the limit of now', async () => {
    const isLower = (hour: number): boolean => hour >= hours - 3 * 24
    const plan = await planOf([
      ...quota(requests, { limit: (hour) => (isLower(hour) ? 1_000 : 10_000), rest: (hour) => (isLower(hour) ? 900 : 9_000) }),
    ])
    const { available, needed } = plan.get('quota:openai:gpt-5:requests')!
    expect(available).toBe(1_000)
    expect(needed.middle).toBeCloseTo(120, 6)
  })

  test('has no quota of another environment, none without a limit, and none while the peak is unknown', async () => {
    const simulated = [
      ...quota({ ...requests, deployment_environment_name: 'staging' }, { limit: () => 100, rest: () => 0 }),
      ...quota(tokens, { limit: () => 0, rest: () => 0 }),
    ]
    expect([...(await planOf(simulated, { matchers: 'deployment_environment_name="production"' })).keys()]).toEqual([])
    expect([...(await planOf(simulated, { peakHour: undefined })).keys()]).toEqual([])
  })

  test('has the disk and the series of Prometheus in seven days, at the growth of the last three', async () => {
    const plan = await planOf([
      gauge('prometheus_tsdb_storage_blocks_bytes', ofStore, (hour) => 5e9 + (1e9 * (hour + 1)) / 24),
      gauge('prometheus_tsdb_wal_storage_size_bytes', ofStore, () => 1e9),
      gauge('prometheus_tsdb_retention_limit_bytes', ofStore, () => 50e9),
      // Rises until the head block is compacted, by more than it grows
      gauge('prometheus_tsdb_head_series', ofStore, (hour) => 100_000 + 30_000 * (hour % 3) + 50 * hour),
    ])
    const disk = plan.get('prometheus_disk')!
    expect(disk.needed.low).toBeCloseTo(20e9, -7)
    expect(disk.needed.middle).toBeCloseTo(27e9, -8)
    expect(disk.headroomRatio).toBeCloseTo(0.4, 2)
    expect(disk.evidence).toContain('20.0 GB now, 1.00 GB more each day; the limit of the retention is 50.0 GB')
    const { needed, evidence } = plan.get('prometheus_series')!
    expect((needed.middle - needed.low) / 7).toBeCloseTo(1_200, -1)
    expect(evidence).toMatch(/ series now, 1\d\d\d more each day; the 2 GB of the production stack hold about 330000\.$/)
  })

  test('of a young Prometheus states that the growth is unknown, and claims none', async () => {
    const young = (name: string, value: number): SimulatedSeries => ({ ...gauge(name, ofStore, () => value), from: hours - 10 })
    const plan = await planOf([
      young('prometheus_tsdb_storage_blocks_bytes', 2e9),
      young('prometheus_tsdb_wal_storage_size_bytes', 1e9),
      young('prometheus_tsdb_retention_limit_bytes', 50e9),
      young('prometheus_tsdb_head_series', 100_000),
    ])
    for (const resource of ['prometheus_disk', 'prometheus_series']) {
      expect(plan.get(resource)!.evidence).toContain('growth unknown before the fourth day')
      expect(plan.get(resource)!.needed.high).toBe(plan.get(resource)!.needed.low)
    }
  })

  test('has the workers that the peak needs, and what an autoscaler needs', async () => {
    const labels = { agent_name: 'writer', outcome: 'success' }
    const simulated: readonly SimulatedSeries[] = [
      gauge('active_executions', { instance: 'one' }, (hour) => (isBusy(hour) ? 10 : 2)),
      gauge('active_executions', { instance: 'two' }, () => 2),
      { name: 'agent_execution_duration_seconds_count', labels, hourly: hourly(() => 100) },
      { name: 'agent_execution_duration_seconds_sum', labels, hourly: hourly(() => 36_000) },
    ]
    const { available, needed, evidence } = (await planOf(simulated)).get('workers')!
    expect(available).toBe(2)
    // 120 runs an hour of 360 s are 12 at once, and the spread of independent arrivals above that; 10 at once in a worker
    expect(needed.middle).toBeCloseTo((12 + 1.645 * Math.sqrt(12)) / 10, 1)
    expect(evidence).toContain('120 runs in the busiest hour, 360 s each, up to 10 at once in a worker')
    expect((await planOf(simulated, { workers: 8, concurrency: 20 })).get('workers')).toMatchObject({ available: 8 })
  })
})
