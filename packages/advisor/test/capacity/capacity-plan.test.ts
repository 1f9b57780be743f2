import { openHttpServer, type Respond } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { planCapacity } from '../../src/capacity/capacity-plan.ts'
import { openPrometheus } from '../../src/prometheus/prometheus-client.ts'
import type { CapacityPlan } from '../../src/report/report.ts'

const quotaLabels = { gen_ai_provider_name: 'openai', gen_ai_request_model: 'gpt-5', quota: 'tokens' }

/** Answers queries with a number by the words in them; a query without one has no result. */
async function planFrom(answers: readonly (readonly [words: RegExp, value: number | 'too much'])[]): Promise<CapacityPlan> {
  const respond: Respond = ({ body }, response) => {
    const query = new URLSearchParams(body).get('query')!
    const [, value] = answers.find(([words]) => words.test(query)) ?? []
    const metric = /provider_quota/.test(query) ? quotaLabels : {}
    const result = value === undefined ? [] : [{ metric, value: [0, String(value)] }]
    response.writeHead(value === 'too much' ? 422 : 200)
    const error = { status: 'error', error: 'query processing would load too many samples into memory' }
    response.end(JSON.stringify(value === 'too much' ? error : { status: 'success', data: { resultType: 'vector', result } }))
  }
  await using server = await openHttpServer(respond)
  return await planCapacity(openPrometheus({ url: server.url }), {
    peakHour: { low: 900, middle: 1_000, high: 1_100 },
    lastPeakHour: 1_000,
    nowSeconds: 0,
    matchers: '',
    workers: 4,
    concurrency: 5,
  })
}

const durations = [
  [/increase\(agent_execution_duration_seconds_sum/, 36_000],
  [/increase\(agent_execution_duration_seconds_count/, 1_000],
] as const

test('workers are planned for the high end of the interval, with the spread of independent arrivals', async () => {
  const { resources, autoscaling } = await planFrom(durations)
  const [workers] = resources
  const neededFor = (active: number): number => (active + 1.645 * Math.sqrt(active)) / 5
  expect(workers).toMatchObject({ resource: 'workers', available: 4 })
  expect(workers!.needed.low).toBeCloseTo(neededFor(9), 9)
  expect(workers!.needed.high).toBeCloseTo(neededFor(11), 9)
  expect(workers!.headroomRatio).toBeCloseTo(1 - neededFor(11) / 4, 9)
  expect(autoscaling).toEqual({ minWorkers: 1, maxWorkers: 4, targetActivePerWorker: 3 })
})

test('bursts need more workers', async () => {
  const burst = await planFrom([...durations, [/stddev_over_time/, 4]])
  expect(burst.resources[0]!.needed.middle).toBeCloseTo((10 + 1.645 * Math.sqrt(40)) / 5, 9)
})

test('a quota that is used up has no headroom, also if traffic does not grow', async () => {
  const { resources } = await planFrom([
    [/provider_quota_remaining/, 1],
    [/provider_quota_limit/, 2_000],
  ])
  const [quota] = resources
  expect(quota).toMatchObject({ resource: 'quota:openai:gpt-5:tokens', available: 2_000, needed: { middle: 2_000, high: 2_200 } })
  expect(quota!.headroomRatio).toBeCloseTo(-0.1, 9)
})

test('a disk that shrinks is planned at its size, and one above its limit has no headroom', async () => {
  const diskWith = (bytes: number, growth: number): Promise<CapacityPlan> =>
    planFrom([
      [/offset 3d/, growth],
      [/retention_limit_bytes/, 10e9],
      [/storage_blocks_bytes/, bytes],
    ])
  const [shrinking] = (await diskWith(8e9, -3e9)).resources
  expect(shrinking).toMatchObject({ resource: 'prometheus_disk', needed: { low: 8e9, middle: 8e9, high: 8e9 } })
  expect(shrinking!.evidence).toContain('0.00 GB more each day')
  const [full] = (await diskWith(12e9, 0)).resources
  expect(full!.headroomRatio).toBeCloseTo(-0.2, 9)
})

test('what is too expensive for the server is left out, and the rest is planned', async () => {
  const { resources } = await planFrom([[/provider_quota|head_series|stddev/, 'too much'], ...durations])
  expect(resources.map(({ resource }) => resource)).toEqual(['workers'])
})
