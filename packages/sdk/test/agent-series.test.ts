import { fc, test as property } from '@fast-check/vitest'
import { startTestTelemetry } from '@swarmwatch/testing'
import { expect, test } from 'vitest'

import { instrumentAgent } from '../src/index.ts'
import { seriesOf } from '../src/telemetry/instruments.ts'

test('counts an agent whose name contains a separator apart from an agent with a variant', async () => {
  await using telemetry = await startTestTelemetry()
  await instrumentAgent(async () => {}, { name: 'a', variant: 'b', logger: false })()
  await instrumentAgent(async () => {}, { name: 'a\nb', logger: false })()
  await instrumentAgent(async () => {}, { name: '["a","b"]', logger: false })()
  const runs = (await telemetry.points('agent.executions')).filter(({ value }) => value === 1).map(({ attributes }) => attributes)
  expect(runs).toEqual([
    { 'agent.name': 'a', 'swarmwatch.variant': 'b', outcome: 'success' },
    { 'agent.name': 'a\nb', outcome: 'success' },
    { 'agent.name': '["a","b"]', outcome: 'success' },
  ])
})

const word = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', 'b', 'a\nb', '', '\n', '","', '\ud800', '__proto__'))
property.prop([word, fc.option(word, { nil: undefined }), word, fc.option(word, { nil: undefined })])(
  'two label sets are the same only if both name and variant are',
  (name, variant, otherName, otherVariant) => {
    const isSame = name === otherName && variant === otherVariant
    expect(seriesOf(name, variant) === seriesOf(otherName, otherVariant)).toBe(isSame)
  },
)
