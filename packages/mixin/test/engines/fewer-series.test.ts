import { rmSync } from 'node:fs'

import { type Container, eventually, type Network, openNetwork, untilAnswers, whyNoSums } from '@swarmwatch/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { hasDocker } from './docker.ts'
import { query, runCollector, runPrometheus } from '../../engines/run-engines.ts'
import { layOutStack, otlpToken, type StackFiles } from '../../engines/stack-files.ts'

/** OTELCOL names a program of the Collector with the processors, for where its image lacks them. */
const reason = hasDocker ? process.env['OTELCOL'] === undefined && whyNoSums() : 'there is no Docker'
if (reason) console.log(`skipped: the sums of collector/otelcol/fewer-series.yaml; ${reason}, and OTELCOL names no program`)

describe.skipIf(reason)('with collector/otelcol/fewer-series.yaml', () => {
  let files: StackFiles
  let network: Network
  let collector: Container
  let prometheus: Container
  beforeEach(async () => {
    files = layOutStack()
    network = await openNetwork()
    prometheus = await runPrometheus(network, files)
    collector = await runCollector(network, files, { series: 'fewer-series' })
  })
  afterEach(async () => {
    await network?.remove()
    if (files) rmSync(files.folder, { recursive: true })
  })

  /** A process whose clock is wrong by some milliseconds; everything that it has counted grows with each export. */
  function newProcess(number: number, clockMs: number) {
    const startedAt = Date.now()
    let counted = 0
    return async (more: number): Promise<void> => {
      counted += more
      const response = await fetch(`${await collector.url(4318)}/v1/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${otlpToken}` },
        body: JSON.stringify(exportOf(number, { startedAt, at: Date.now() + clockMs, counted })),
      })
      await response.body?.cancel()
      expect(response.status).toBe(200)
    }
  }

  const valueOf = async (expr: string): Promise<number> => Number((await query(prometheus, expr))[0]?.value?.[1] ?? 0)
  const tokens = () => valueOf('sum(agent_tokens_total)')
  const waits = () => valueOf('sum(histogram_count(agent_retry_wait_seconds))')

  test(
    'sums of processes with different clocks are exact, also when some end and others start',
    { timeout: 300_000 },
    async () => {
      let expected = 0
      const exportAll = async (processes: readonly ((more: number) => Promise<void>)[]): Promise<void> => {
        await Promise.all(
          processes.map(async (send, index) => {
            expected += index + 1
            await send(index + 1)
          }),
        )
      }
      const first = Array.from({ length: 20 }, (_, index) => newProcess(index, index * 700 - 9_000))
      await Promise.all(first.map((send) => send(0)))
      for (let round = 0; round < 4; round += 1) await exportAll(first)
      await eventually('the sum of the first processes', async () => (await tokens()) === expected, { withinMs: 60_000 })
      // as after a deployment
      const second = Array.from({ length: 20 }, (_, index) => newProcess(100 + index, 5_000 - index * 700))
      for (let round = 0; round < 4; round += 1) await exportAll(second)
      await eventually('the sum of all', async () => (await tokens()) === expected, { withinMs: 60_000 })
      await eventually('the same sum of the histogram', async () => (await waits()) === expected, { withinMs: 60_000 })
      expect(await valueOf('max(resets(agent_tokens_total[10m]))')).toBe(0)
      expect(await valueOf('count(agent_tokens_total)')).toBe(1)
      // executions are counted for each process
      expect(await valueOf('count(agent_executions_total)')).toBe(40)
      expect(await valueOf('sum(agent_executions_total)')).toBe(expected)
    },
  )

  test('after a restart of the Collector nothing is counted twice', { timeout: 300_000 }, async () => {
    const send = newProcess(1, 0)
    await send(0)
    await send(1000)
    await eventually('what it counted before', async () => (await tokens()) === 1000, { withinMs: 60_000 })
    await collector.kill()
    await collector.start()
    await untilAnswers(() => collector.url(13133), 'the Collector')
    // of this, what was counted while the Collector was away is not known
    await send(50)
    await send(7)
    await eventually('what it counted after', async () => (await tokens()) === 7, { withinMs: 60_000 })
    expect(await valueOf('sum(agent_executions_total)')).toBe(1057)
  })
})

interface Exported {
  readonly startedAt: number
  readonly at: number
  readonly counted: number
}

function exportOf(number: number, { startedAt, at, counted }: Exported): object {
  const attribute = (key: string, value: string): object => ({ key, value: { stringValue: value } })
  const times = { startTimeUnixNano: `${startedAt}000000`, timeUnixNano: `${at}000000` }
  const agent = attribute('agent.name', 'writer')
  const counter = (name: string, attributes: readonly object[]): object => ({
    name,
    sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...times, attributes, asInt: String(counted) }] },
  })
  const bucketCounts = [String(counted), '0']
  const point = { ...times, attributes: [agent], explicitBounds: [1], bucketCounts, count: String(counted), sum: counted / 2 }
  return {
    resourceMetrics: [
      {
        resource: {
          attributes: [
            attribute('service.name', 'many'),
            attribute('service.instance.id', `process-${number}`),
            attribute('service.version', `1.0.${number}`),
          ],
        },
        scopeMetrics: [
          {
            scope: { name: '@swarmwatch/sdk', version: `0.1.${number}` },
            metrics: [
              counter('agent.executions', [agent, attribute('outcome', 'success')]),
              counter('agent.tokens', [agent, attribute('direction', 'input')]),
              { name: 'agent.retry.wait', unit: 's', histogram: { aggregationTemporality: 2, dataPoints: [point] } },
            ],
          },
        ],
      },
    ],
  }
}
