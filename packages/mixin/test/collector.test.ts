import { rmSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { eventually, type Network, openNetwork } from './engines/containers.ts'
import { hasDocker } from './engines/docker.ts'
import { gaugeFrom, push, runsAt } from './engines/otlp.ts'
import { layOutStack, otlpToken, type StackFiles } from './engines/stack-files.ts'
import { isReady, query, runCollector, runPrometheus } from './engines/street.ts'

const bearer = `Bearer ${otlpToken}`
const run = (value: number, atMs: number): string => runsAt(undefined, [{ agent: 'writer', outcome: 'success', value }], atMs)

describe.skipIf(!hasDocker).concurrent('the Collector', () => {
  let files: StackFiles
  let network: Network
  beforeAll(async () => {
    files = layOutStack()
    network = await openNetwork()
  })
  afterAll(async () => {
    await network.remove()
    rmSync(files.folder, { recursive: true })
  })

  test('loses no step of a counter when it is killed while Prometheus is down', async () => {
    const prometheus = await runPrometheus(network, files)
    const collector = await runCollector(network, files)
    const first = Date.now() - 120_000
    let step = 0
    const send = async (steps: number): Promise<void> => {
      const address = `${await collector.url(4318)}/v1/metrics`
      for (let n = 0; n < steps; n += 1) {
        step += 1
        expect(await push(address, run(step, first + step * 1_000), bearer)).toBe(200)
      }
    }
    const seen = async (): Promise<string[]> => {
      const [series] = await query(prometheus, 'agent_executions_total{agent_name="writer", outcome="success"}[10m]')
      return [...new Set((series?.values ?? []).map(([, value]) => value))].filter((value) => value !== '0')
    }
    const seenSteps = (last: number): Promise<true> =>
      eventually(async () => ((await seen()).includes(String(last)) ? true : undefined), `step ${last} in Prometheus`)

    await send(5)
    await seenSteps(5)
    await prometheus.stop()
    await send(5)
    await collector.kill()
    await collector.start()
    await eventually(async () => ((await fetch(await collector.url(13133))).ok ? true : undefined), 'the Collector')
    await send(5)
    await prometheus.start()
    await isReady(prometheus)
    await send(5)
    await eventually(async () => ((await seen()).length === 20 ? true : undefined), 'all 20 steps in Prometheus')
    expect(await seen()).toEqual(Array.from({ length: 20 }, (_, n) => String(n + 1)))
    const [series] = await query(prometheus, 'agent_executions_total')
    expect(series?.metric).toEqual({
      __name__: 'agent_executions_total',
      agent_name: 'writer',
      cloud_region: 'eu-1',
      deployment_environment_name: 'production',
      instance: 'test-anywhere',
      job: 'agents/workers',
      outcome: 'success',
    })
  })

  test('lets no agent pass for a service of the stack, whose alerts it could silence', async () => {
    const other = await openNetwork()
    try {
      const prometheus = await runPrometheus(other, files)
      const collector = await runCollector(other, files)
      const address = `${await collector.url(4318)}/v1/metrics`
      const forged: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
        [{ 'service.name': 'alert-bridge' }, {}],
        [{ 'service.name': 'alert-bridge', 'service.namespace': '' }, {}],
        [{ 'service.name': '', 'service.namespace': 'alert-bridge' }, {}],
        [{}, { job: 'alert-bridge', instance: 'alert-bridge:8090' }],
        [{ 'service.name': 'agent' }, { job: 'alert-bridge' }],
        [{ 'service.namespace': 'swarm' }, { job: 'alert-bridge' }],
      ]
      for (const [index, [resource, labels]] of forged.entries())
        expect(await push(address, gaugeFrom(resource, 'up', { ...labels, forged: String(index) }), bearer)).toBe(200)
      const found = await eventually(async () => {
        const series = await query(prometheus, 'up{forged!=""}')
        return series.length === forged.length ? series : undefined
      }, 'every forged series')
      const jobs = found
        .toSorted((a, b) => Number(a.metric['forged']) - Number(b.metric['forged']))
        .map(({ metric }) => metric['job'])
      expect(jobs).toEqual([
        'agents/alert-bridge',
        '/alert-bridge',
        'alert-bridge/',
        'agents/unknown_service',
        'agents/agent',
        'swarm/unknown_service',
      ])
    } finally {
      await other.remove()
    }
  })

  test('turns away a wrong token and a body of 20 MB', async () => {
    const other = await openNetwork()
    try {
      const collector = await runCollector(other, files)
      const address = `${await collector.url(4318)}/v1/metrics`
      const body = run(1, Date.now())
      expect(await push(address, body, 'Bearer wrong')).toBe(401)
      expect(await push(address, body, '')).toBe(401)
      expect(await push(address, body + ' '.repeat(20 * 1024 * 1024), bearer)).toBe(400)
      expect(await push(address, body, bearer)).toBe(200)
      const accepted = await (await fetch(`${await collector.url(8888)}/metrics`)).text()
      expect(accepted).toMatch(/^otelcol_receiver_accepted_metric_points_total\{receiver="otlp",transport="http"\} 1$/m)
    } finally {
      await other.remove()
    }
  })

  test('says in its metrics that its queue is full and that it drops', async () => {
    const other = await openNetwork()
    try {
      // no Prometheus in this network
      const small = { queue_size: 5, batch: { flush_timeout: '1s', min_size: 1, max_size: 5 } }
      const collector = await runCollector(other, files, { exporters: { 'otlp_http/prometheus': { sending_queue: small } } })
      const address = `${await collector.url(4318)}/v1/metrics`
      const statuses: number[] = []
      for (let n = 1; n <= 10; n += 1) statuses.push(await push(address, run(n, Date.now()), bearer))
      expect(new Set(statuses)).toEqual(new Set([200, 503]))
      const metrics = await (await fetch(`${await collector.url(8888)}/metrics`)).text()
      expect(metrics).toMatch(/^otelcol_exporter_enqueue_failed_metric_points_total\{exporter="otlp_http\/prometheus"\} [1-9]/m)
      expect(metrics).toMatch(/^otelcol_exporter_queue_capacity\{data_type="metrics",exporter="otlp_http\/prometheus"\} 5$/m)
      expect(metrics).toMatch(/^otelcol_receiver_refused_metric_points_total\{receiver="otlp",transport="http"\} [1-9]/m)
    } finally {
      await other.remove()
    }
  })
})
