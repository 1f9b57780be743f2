import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentExecution, experiment, instrumentAgent, openFeatureVariant } from '../../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const quick = { recovery: { maxRetries: 1, baseDelaySeconds: 0 }, logger: false } as const
interface Task {
  readonly user: string | undefined
  readonly fate?: 'works' | 'fails' | 'recovers'
}
const split = { variants: { control: 0.5, candidate: 0.5 } } as const
const byUser = (name: string) => experiment({ ...split, name, key: (task: Task) => task.user, unit: 'user' })

/** Sums of an agent by variant, without those that are 0. */
async function sumsOf(agentName: string): Promise<Record<string, Record<string, number>>> {
  const found: Record<string, Record<string, number>> = {}
  for (const { attributes, value } of await telemetry.points('agent.experiment.sums')) {
    if (attributes['agent.name'] !== agentName) continue
    const sums = (found[String(attributes['swarmwatch.variant'])] ??= {})
    if (value !== 0) sums[String(attributes['sum'])] = value as number
  }
  return found
}

test('a run has the variant of its key: in the function, on the span, in the record and in the metrics', async () => {
  const prompt = byUser('prompt')
  const agent = instrumentAgent(async (_task: Task) => currentExecution()?.variant, { name: 'keyed', variant: prompt, ...quick })
  const seen = await Promise.all(['user-1', 'user-2', 'user-1'].map((user) => agent({ user })))
  expect(seen).toEqual(['user-1', 'user-2', 'user-1'].map((user) => prompt.variantOf(user)))
  const [root] = telemetry.spans().filter(({ name }) => name === 'invoke_agent keyed')
  expect(root?.attributes).toMatchObject({
    'swarmwatch.variant': seen[0],
    'feature_flag.key': 'prompt',
    'feature_flag.result.variant': seen[0],
    'feature_flag.provider.name': 'swarmwatch',
  })
  const runs = (await telemetry.points('agent.executions')).filter(
    ({ attributes, value }) => attributes['agent.name'] === 'keyed' && value !== 0,
  )
  expect(runs.map(({ attributes, value }) => [attributes['swarmwatch.variant'], value])).toEqual(
    expect.arrayContaining([
      [seen[0], 2],
      [seen[1], 1],
    ]),
  )
})

test('the evaluation is an event of the run, without the key', async () => {
  const agent = instrumentAgent(async (_task: Task) => {}, { name: 'evaluated', variant: byUser('event'), ...quick })
  await agent({ user: 'user-secret' })
  const [root] = telemetry.spans().filter(({ name }) => name === 'invoke_agent evaluated')
  expect(root?.events).toMatchObject([
    {
      name: 'feature_flag.evaluation',
      attributes: {
        'feature_flag.key': 'event',
        'feature_flag.result.variant': byUser('event').variantOf('user-secret'),
        'feature_flag.provider.name': 'swarmwatch',
        'feature_flag.result.reason': 'split',
      },
    },
  ])
  expect(JSON.stringify([root?.attributes, root?.events])).not.toContain('user-secret')
})

test('a run is one exposure, however many attempts it makes, and sums have its success and cost', async () => {
  const prompt = experiment({ ...split, name: 'sums', key: (task: Task) => task.user, unit: 'run' })
  let calls = 0
  const agent = instrumentAgent(
    async ({ fate }: Task) => {
      currentExecution()?.addCost(0.5)
      if (fate === 'fails' || (fate === 'recovers' && calls++ === 0)) throw new TypeError('no')
    },
    { name: 'summed', variant: prompt, ...quick },
  )
  for (const fate of ['works', 'recovers', 'fails'] as const) await agent({ user: 'user-1', fate }).catch(() => {})
  const { control, candidate } = await sumsOf('summed')
  const [used, unused] = prompt.variantOf('user-1') === 'control' ? [control, candidate] : [candidate, control]
  expect(unused).toEqual({})
  expect(used).toEqual({
    exposures: 3,
    runs: 3,
    successes: 2,
    usd: 2.5,
    usd_squared: 2.25,
    usd_of_successes: 1.5,
    seconds: expect.any(Number),
    seconds_squared: expect.any(Number),
  })
})

test('runs of keys that repeat are counted in 20 groups of keys, each key in one', async () => {
  const agent = instrumentAgent(async (_task: Task) => {}, { name: 'grouped', variant: byUser('groups'), ...quick })
  for (let run = 0; run < 400; run++) await agent({ user: `user-${run % 200}` })
  const runs = (await telemetry.points('agent.experiment.sums')).filter(
    ({ attributes }) => attributes['agent.name'] === 'grouped' && attributes['sum'] === 'runs',
  )
  expect(new Set(runs.map(({ attributes }) => attributes['key_group']))).toEqual(
    new Set(Array.from({ length: 20 }, (_, group) => String(group))),
  )
  const counts = runs.map(({ value }) => value as number)
  expect([counts.length, counts.reduce((sum, count) => sum + count), counts.filter((count) => count % 2 === 1)]).toEqual([
    40,
    400,
    [],
  ])
})

test('attempts that a queue makes of one execution have the same variant, and are one exposure', async () => {
  const seen: (string | undefined)[] = []
  const agent = instrumentAgent(
    async ({ attempt }: { readonly id: string; readonly attempt: number }) => {
      seen.push(currentExecution()?.variant)
      if (attempt < 3) throw new TypeError('no')
    },
    {
      name: 'queued',
      logger: false,
      variant: experiment({ ...split, name: 'queued' }),
      continuation: ({ id, attempt }) => ({ executionId: id, attempt, isFinal: attempt === 3 }),
    },
  )
  for (let run = 0; run < 20; run++) {
    for (const attempt of [1, 2, 3]) await agent({ id: `job-${run}`, attempt }).catch(() => {})
  }
  expect(seen).toEqual(Array.from({ length: 60 }, (_, call) => seen[call - (call % 3)]))
  expect(new Set(seen)).toEqual(new Set(['control', 'candidate']))
  const sums = Object.values(await sumsOf('queued'))
  const total = (sum: string): number => sums.reduce((all, each) => all + (each[sum] ?? 0), 0)
  expect([total('exposures'), total('runs'), total('successes')]).toEqual([20, 20, 20])
})

test('a cancelled run counts on neither side, but its cost is counted', async () => {
  const cancelled = new AbortController()
  const agent = instrumentAgent(
    async (_signal: AbortSignal) => {
      currentExecution()?.addCost(3)
      cancelled.abort(new Error('stop'))
      cancelled.signal.throwIfAborted()
    },
    { name: 'left', variant: experiment({ name: 'left', variants: { a: 1, b: 0 } }), ...quick },
  )
  await agent(cancelled.signal).catch(() => {})
  expect(await sumsOf('left')).toEqual({ a: { exposures: 1, usd: 3, usd_squared: 9 } })
})

test('the shares of all variants are a metric from the start', async () => {
  instrumentAgent(async (_task: Task) => {}, { name: 'weighed', variant: byUser('weights'), ...quick })
  const weights = (await telemetry.points('agent.experiment.weight')).filter(
    ({ attributes }) => attributes['agent.name'] === 'weighed',
  )
  const labels = { 'agent.name': 'weighed', 'swarmwatch.experiment': 'weights', unit: 'user' }
  expect(weights.map(({ attributes, value }) => [attributes, value])).toEqual([
    [{ ...labels, 'swarmwatch.variant': 'control' }, 0.5],
    [{ ...labels, 'swarmwatch.variant': 'candidate' }, 0.5],
  ])
})

test.each([
  ['undefined', undefined],
  ['a number', 5],
])('a run whose key is %s runs without a variant', async (kind, user) => {
  const agent = instrumentAgent(async (_task: Task) => currentExecution()?.variant ?? 'none', {
    name: `without ${kind}`,
    variant: byUser('without'),
    ...quick,
  })
  expect(await agent({ user: user as never })).toBe('none')
  expect((await sumsOf(`without ${kind}`))['control']?.['exposures']).toBeUndefined()
})

test('a plain name is compared under the name of its agent', async () => {
  await instrumentAgent(async () => {}, { name: 'plain', variant: 'b', ...quick })()
  const points = (await telemetry.points('agent.experiment.sums')).filter(
    ({ attributes }) => attributes['agent.name'] === 'plain',
  )
  expect(points.find(({ attributes }) => attributes['sum'] === 'runs')).toMatchObject({
    attributes: { 'swarmwatch.experiment': 'plain', 'swarmwatch.variant': 'b' },
    value: 1,
  })
})

test('the decision of any vendor is the variant; a failed evaluation is none', async () => {
  const agent = instrumentAgent(async (_flag: Parameters<typeof openFeatureVariant>[0]) => currentExecution()?.variant, {
    name: 'vendor',
    variant: (flag) => openFeatureVariant(flag, { provider: 'vendor' }),
    ...quick,
  })
  const flag = { flagKey: 'prompt', value: 'x' }
  expect([
    await agent({ ...flag, variant: 'short' }),
    await agent({ ...flag, value: true }),
    await agent({ ...flag, value: {} }),
    await agent({ ...flag, errorCode: 'FLAG_NOT_FOUND' }),
  ]).toEqual(['short', 'true', undefined, undefined])
  const [root] = telemetry.spans().filter(({ name }) => name === 'invoke_agent vendor')
  expect(root?.attributes).toMatchObject({ 'feature_flag.key': 'prompt', 'feature_flag.provider.name': 'vendor' })
})
