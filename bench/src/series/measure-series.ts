import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { layOutStack, otlpToken, query, runCollector, runPrometheus } from '@swarmwatch/mixin/engines'
import { eventually, openNetwork, whyNoSums } from '@swarmwatch/testkit'

import { asciiTable } from '../table.ts'

// Series and memory of Prometheus for many processes with five agents, with each configuration of the Collector; the tables of
// docs/scaling.md. `node --conditions=swarmwatch-source bench/src/series/measure-series.ts 100 1000`. ROUNDS is the number of exports of each
// process, every 15 s. Where the image of the Collector lacks processors, OTELCOL names a program with them, or only the series for each process
// are measured. ONLY=fewer-series measures only that configuration.

const reason = process.env['OTELCOL'] === undefined ? whyNoSums() : undefined
if (reason !== undefined) console.log(`only series for each process: ${reason}`)
const only = process.env['ONLY']
const counts = process.argv.slice(2).map(Number)
const everyMs = 15_000
const rounds = Number(process.env['ROUNDS'] ?? 5)

const instance = '00000000-0000-4000-8000-000000000000'
const body = await exportOfOneProcess()
const rows: string[][] = []
for (const count of counts) {
  if (only !== 'fewer-series') rows.push(await measure(count, 'each-process'))
  if (reason === undefined && only !== 'each-process') rows.push(await measure(count, 'fewer-series'))
}
console.log(asciiTable(['processes', 'Collector', 'series', 'Prometheus MB', 'Collector MB', 'series of agents'], rows))

/** The body of the last export of five-agents.ts. */
async function exportOfOneProcess(): Promise<Buffer> {
  const bodies: Buffer[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.url === '/v1/metrics') bodies.push(Buffer.concat(chunks))
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const child = spawn(process.execPath, ['--conditions=swarmwatch-source', join(import.meta.dirname, 'five-agents.ts')], {
    env: {
      PATH: process.env['PATH'],
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      OTEL_SERVICE_NAME: 'many',
      OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${instance},service.namespace=agents,deployment.environment.name=production`,
    },
    stdio: 'inherit',
  })
  await once(child, 'close')
  server.close()
  const last = bodies.at(-1)
  if (!last?.includes(instance)) throw new Error(`${bodies.length} exports, and none of this process`)
  return last
}

/** The same export now, under the name of another process. */
function exportOf(process: number, startedNs: bigint): Buffer {
  const copy = Buffer.from(body)
  const name = `00000000-0000-4000-8000-${String(process).padStart(12, '0')}`
  for (let at = copy.indexOf(instance); at !== -1; at = copy.indexOf(instance, at + 1)) copy.write(name, at, 'latin1')
  const nowNs = BigInt(Date.now()) * 1_000_000n
  // a fixed64 of a data point: 0x11 is its start, 0x19 its time. Both are of the last minutes before the export
  for (let at = 0; at + 9 <= copy.length; at += 1) {
    if (copy[at] !== 0x11 && copy[at] !== 0x19) continue
    const value = copy.readBigUInt64LE(at + 1)
    if (value > nowNs || nowNs - value > 7_200_000_000_000n) continue
    copy.writeBigUInt64LE(copy[at] === 0x11 ? startedNs : nowNs, at + 1)
    at += 8
  }
  return copy
}

async function measure(count: number, series: 'each-process' | 'fewer-series'): Promise<string[]> {
  const files = layOutStack()
  const network = await openNetwork()
  try {
    const prometheus = await runPrometheus(network, files, {}, '6g')
    const collector = await runCollector(network, files, { series, memory: '4g' })
    const startedNs = BigInt(Date.now() + 1000) * 1_000_000n
    const url = `${await collector.url(4318)}/v1/metrics`
    for (let round = 0; round < rounds; round += 1) {
      const begunMs = performance.now()
      for (let first = 0; first < count; first += 20) {
        await Promise.all(
          Array.from({ length: Math.min(20, count - first) }, async (_, offset) => {
            const headers = { 'content-type': 'application/x-protobuf', authorization: `Bearer ${otlpToken}` }
            for (;;) {
              const response = await fetch(url, { method: 'POST', headers, body: exportOf(first + offset, startedNs) })
              await response.body?.cancel()
              if (response.status === 200) return
              // its queue is full
              if (response.status !== 503) throw new Error(`the Collector answered ${response.status}`)
              await pause(500)
            }
          }),
        )
      }
      await pause(Math.max(0, everyMs - (performance.now() - begunMs)))
    }
    await eventually('the queue of the Collector to be empty', async () => {
      const text = await (await fetch(`${await collector.url(8888)}/metrics`)).text()
      return /^otelcol_exporter_queue_size\{.*data_type="metrics".*\} 0$/m.test(text)
    })
    const valueOf = async (expr: string): Promise<string> => (await query(prometheus, expr))[0]?.value?.[1] ?? '0'
    return [
      String(count),
      series,
      await valueOf('prometheus_tsdb_head_series'),
      String(megabytesOf(await prometheus.exec('hostname'))),
      String(megabytesOf(await collector.exec('hostname').catch(() => ''))),
      await valueOf('count({__name__=~"(agent|gen_ai)_.+", job="agents/many"})'),
    ]
  } finally {
    await network.remove()
    rmSync(files.folder, { recursive: true })
  }
}

function megabytesOf(containerId: string): number {
  if (containerId === '') return 0
  const text = execFileSync('docker', ['stats', '--no-stream', '--format', '{{.MemUsage}}', containerId.trim()], {
    encoding: 'utf8',
  })
  const [, value, unit] = /^([\d.]+)(\w+)/.exec(text) ?? []
  return Math.round(Number(value) * (unit === 'GiB' ? 1073.74 : unit === 'MiB' ? 1.04858 : 0.001))
}
