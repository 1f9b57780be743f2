import { InMemoryProvider, OpenFeature, type Client } from '@openfeature/server-sdk'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentExecution, experiment, instrumentAgent } from '../../src/index.ts'
import { openFeatureHook, openFeatureProvider } from '../../src/openfeature.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(async () => {
  OpenFeature.clearHooks()
  await OpenFeature.clearProviders()
  await telemetry.shutdown()
})

const prompt = experiment({ name: 'prompt', variants: { control: 0.5, candidate: 0.5 } })
const switched = {
  experiment: experiment({ name: 'switched', variants: { off: 0.5, on: 0.5 } }),
  values: { off: false, on: true },
}
const client = async (): Promise<Client> => {
  await OpenFeature.setProviderAndWait(openFeatureProvider([prompt, switched]))
  return OpenFeature.getClient()
}

test('an experiment is a flag of OpenFeature: the targeting key has the variant that the experiment assigns', async () => {
  const flags = await client()
  for (const targetingKey of ['user-1', 'user-2', 'user-3']) {
    const variant = prompt.variantOf(targetingKey)
    expect(await flags.getStringDetails('prompt', 'none', { targetingKey })).toMatchObject({
      value: variant,
      variant,
      reason: 'SPLIT',
    })
    const isOn = switched.experiment.variantOf(targetingKey) === 'on'
    expect(await flags.getBooleanValue('switched', !isOn, { targetingKey })).toBe(isOn)
  }
})

test.each([
  ['an unknown flag', 'other', { targetingKey: 'user-1' }, 'FLAG_NOT_FOUND'],
  ['no targeting key', 'prompt', {}, 'TARGETING_KEY_MISSING'],
  ['a value of another type', 'switched', { targetingKey: 'user-1' }, 'TYPE_MISMATCH'],
])('answers %s with the default value and the error code', async (_, flag, context, errorCode) => {
  expect(await (await client()).getStringDetails(flag, 'none', context)).toMatchObject({
    value: 'none',
    reason: 'ERROR',
    errorCode,
  })
})

/** Any vendor's flags. */
const vendor = () =>
  new InMemoryProvider({
    model: { variants: { small: 'm-1', large: 'm-2' }, defaultVariant: 'large', disabled: false },
    colour: { variants: { red: 'r' }, defaultVariant: 'red', disabled: false },
  })

test('the hook makes the first decision about a listed flag the variant of the run, once', async () => {
  await OpenFeature.setProviderAndWait(vendor())
  OpenFeature.addHooks(openFeatureHook({ experiments: ['model'] }))
  const flags = OpenFeature.getClient()
  const agent = instrumentAgent(
    async () => {
      await flags.getStringValue('colour', 'none')
      const before = currentExecution()?.variant
      await flags.getStringValue('model', 'none')
      await flags.getStringValue('model', 'none')
      return [before, currentExecution()?.variant]
    },
    { name: 'hooked', logger: false },
  )
  expect(await agent()).toEqual([undefined, 'large'])
  const [root] = telemetry.spans().filter(({ name }) => name === 'invoke_agent hooked')
  expect(root?.attributes).toMatchObject({
    'swarmwatch.variant': 'large',
    'feature_flag.key': 'model',
    'feature_flag.result.variant': 'large',
    'feature_flag.provider.name': 'in-memory',
  })
  expect(root?.events.map(({ name, attributes }) => [name, attributes?.['feature_flag.key']])).toEqual([
    ['feature_flag.evaluation', 'colour'],
    ['feature_flag.evaluation', 'model'],
    ['feature_flag.evaluation', 'model'],
  ])
  const sums = (await telemetry.points('agent.experiment.sums')).filter(({ attributes }) => attributes['agent.name'] === 'hooked')
  const value = (sum: string) => sums.find(({ attributes }) => attributes['sum'] === sum)?.value
  expect([value('exposures'), value('runs'), value('successes')]).toEqual([1, 1, 1])
})

test('a failed evaluation is an event with its error, and no variant', async () => {
  await OpenFeature.setProviderAndWait(vendor())
  OpenFeature.addHooks(openFeatureHook({ experiments: ['missing'] }))
  const agent = instrumentAgent(
    async () => {
      await OpenFeature.getClient().getBooleanValue('missing', true)
      return currentExecution()?.variant
    },
    { name: 'failed-flag', logger: false },
  )
  expect(await agent()).toBeUndefined()
  const [root] = telemetry.spans().filter(({ name }) => name === 'invoke_agent failed-flag')
  expect(root?.events[0]?.attributes).toMatchObject({
    'feature_flag.key': 'missing',
    'feature_flag.result.value': 'true',
    'feature_flag.result.reason': 'error',
    'error.type': 'flag_not_found',
  })
})
