import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { eventually, imageOf, openNetwork } from '@swarmwatch/testkit'

import type { Sample, Series } from './exported-series.ts'
import { remoteWrite } from './remote-write.ts'

/** A time of the past, in seconds since 1970. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The real Prometheus with a past of weeks. It scrapes nothing and evaluates no rule by itself. */
export interface PastPrometheus {
  /** Adds samples to the past. */
  write(series: readonly Series[]): Promise<void>
  /** Evaluates a query at each step, as a rule does at each interval. */
  evaluate(expr: string, span: Span, stepSeconds: number): Promise<readonly Series[]>
  close(): Promise<void>
}

// Prometheus returns at most 11,000 values of a series
const stepsPerQuery = 10_000

export async function pastPrometheus(): Promise<PastPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'past-'))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'prometheus.yaml'), 'global: {}\n')
  const network = await openNetwork()
  const close = async (): Promise<void> => {
    await network.remove()
    rmSync(folder, { recursive: true })
  }
  try {
    const prometheus = await network.run('prometheus', {
      image: imageOf('prometheus'),
      args: [
        '--config.file=/past/prometheus.yaml',
        '--storage.tsdb.path=/tmp/prometheus',
        '--storage.tsdb.retention.time=100y',
        // One block of a year: samples of any time within are accepted, and nothing is compacted meanwhile
        '--storage.tsdb.min-block-duration=12000h',
        '--storage.tsdb.max-block-duration=12000h',
        '--web.enable-remote-write-receiver',
        '--query.max-samples=200000000',
      ],
      mounts: { '/past': folder },
      memory: '2g',
      ports: [9090],
    })
    const address = await prometheus.url(9090)
    await eventually('Prometheus to be ready', async () =>
      (await fetch(`${address}/-/ready`)).status === 200 ? true : undefined,
    )
    return {
      close,
      write: (series) => remoteWrite(address, series),
      async evaluate(expr, { start, end }, stepSeconds) {
        const found = new Map<string, { readonly labels: Series['labels']; readonly samples: Sample[] }>()
        for (let from = start; from <= end; from += stepsPerQuery * stepSeconds) {
          const to = Math.min(end, from + (stepsPerQuery - 1) * stepSeconds)
          for (const { metric, values } of await queryRange(address, expr, from, to, stepSeconds)) {
            const key = JSON.stringify(metric)
            const series = found.get(key) ?? { labels: metric, samples: [] }
            found.set(key, series)
            for (const [time, value] of values) series.samples.push([time, Number(value)])
          }
        }
        return [...found.values()]
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface RangeResult {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [number, string])[]
}

async function queryRange(address: string, query: string, start: number, end: number, step: number): Promise<RangeResult[]> {
  const body = new URLSearchParams({ query, start: String(start), end: String(end), step: String(step), timeout: '10m' })
  const response = await fetch(`${address}/api/v1/query_range`, { method: 'POST', body })
  const answer = (await response.json()) as { data?: { result: RangeResult[] }; error?: string }
  if (answer.data === undefined) throw new Error(`${answer.error}: ${query}`)
  return answer.data.result
}
