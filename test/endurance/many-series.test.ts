import { setTimeout as delay } from 'node:timers/promises'

import {
  buildImages,
  containerStates,
  containerUses,
  numberFrom,
  type ProductionStack,
  startStack,
} from '@swarmwatch/testkit/stack'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'

import { manyProcesses } from './many-processes.ts'
import { markdownTable } from './markdown-table.ts'

const steps = [0, 100, 200, 300]
const exportsOfStep = 5
const everySeconds = 15

let stack: ProductionStack

beforeAll(async () => {
  await buildImages()
  stack = await startStack({ settings: { WORKER_TASKS_PER_MINUTE: '0' } })
}, 600_000)
afterAll(() => stack?.close(), 120_000)

interface Step {
  readonly processes: number
  readonly series: number
  readonly megabytes: number
}

/** What Prometheus holds, and the middle of three looks at its memory. */
async function measured(processes: number): Promise<Step> {
  const samples = [await containerUses(stack), await containerUses(stack), await containerUses(stack)]
  const memory = samples.flatMap((uses) => uses.filter(({ name }) => name.startsWith('prometheus')))
  return {
    processes,
    series: await numberFrom(stack, 'prometheus_tsdb_head_series'),
    megabytes: memory.map(({ memoryMegabytes }) => memoryMegabytes).toSorted((a, b) => a - b)[1]!,
  }
}

test('hundreds of processes with five agents each: nothing is refused or restarted', { timeout: 30 * 60_000 }, async () => {
  onTestFailed(async () => console.log(await stack.compose('logs', '--no-color', '--tail=60')))
  const processes = manyProcesses(stack)
  const found: Step[] = []
  for (const count of steps) {
    for (let number = 1; number <= exportsOfStep; number += 1) {
      const begunMs = performance.now()
      await processes.export(count)
      await delay(Math.max(0, everySeconds * 1000 - (performance.now() - begunMs)))
    }
    found.push(await measured(count))
  }
  const rows = found.map(({ processes: count, series, megabytes }) => [count, series, megabytes.toFixed(0)])
  console.log(markdownTable([['processes with five agents', 'series', 'memory of Prometheus, MB'], ...rows]))
  const [first, last] = [found[0]!, found.at(-1)!]
  const perSeries = ((last.megabytes - first.megabytes) * 1024) / (last.series - first.series)
  console.log(`${perSeries.toFixed(1)} kB of memory for a series`)
  for (const { name, restarts } of await containerStates(stack)) expect([name, restarts]).toEqual([name, 0])
  expect(await numberFrom(stack, 'sum(otelcol_receiver_refused_metric_points_total)')).toBe(0)
  expect(last.series).toBeGreaterThan(300 * 500)
})
