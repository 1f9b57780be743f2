import { instrumentAgent } from '@swarmwatch/sdk'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { expect, test } from 'vitest'

import { byHand } from '../src/calls/by-hand.ts'

const task = async (text: string): Promise<number> => text.length

/** Keys of the attributes of each span, and the series that a call increases by 1. */
async function recordedBy(wrap: () => typeof task) {
  await using telemetry = await startTestTelemetry()
  const agent = wrap()
  await agent('a task')
  const before = await countsOf(telemetry)
  await agent('a task')
  const counts = [...(await countsOf(telemetry))]
  return {
    spans: telemetry.spans().map(({ name, attributes }) => [name, ...Object.keys(attributes).toSorted()]),
    series: counts.flatMap(([series, count]) => (count - (before.get(series) ?? 0) === 1 ? [series] : [])).toSorted(),
  }
}

async function countsOf(telemetry: TestTelemetry): Promise<ReadonlyMap<string, number>> {
  const points = await telemetry.points()
  return new Map(
    points.map(({ name, attributes, value }) => [
      JSON.stringify([name, Object.entries(attributes).toSorted(([one], [other]) => (one < other ? -1 : 1))]),
      typeof value === 'number' ? value : value.count,
    ]),
  )
}

test('the call by hand, which the benchmark divides by, records the same spans, attributes, metrics and labels', async () => {
  const ours = await recordedBy(() => instrumentAgent(task, { name: 'compared' }))
  expect({ spans: ours.spans.length, series: ours.series.length }).toEqual({ spans: 4, series: 6 })
  expect(await recordedBy(() => byHand('compared', task))).toEqual(ours)
})
