import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Container } from './containers.ts'
import { isReady, queryRange, seriesOf } from './street.ts'
import type { Recording } from '../../src/rule.ts'

type Labels = Readonly<Record<string, string>>
type Series = { readonly labels: Labels; readonly samples: readonly (readonly [seconds: number, value: number | string])[] }

const days = 8
const minute = 60

/** Raw series that rules look back on for days, and what they had each minute. */
const raw = {
  agent_executions_total: ({ outcome }: Labels): number => ({ success: 2, failure: 0.1 })[outcome!] ?? 0,
  agent_execution_duration_seconds_sum: (): number => 5,
  agent_execution_duration_seconds_count: (): number => 2,
  agent_cost_usd_total: (): number => 0.01,
  active_executions: undefined,
  prometheus_tsdb_head_series: undefined,
} as const

/**
 * Gives the running swarm a past of 8 days up to `endMs`: of each series that it sends, one of an earlier process, and what the
 * recordings would have made of it. Prometheus starts anew twice for it.
 */
export async function backfill(
  prometheus: Container,
  folder: string,
  endMs: number,
  recordings: readonly Recording[],
): Promise<void> {
  const end = Math.floor(endMs / 1_000)
  const start = end - days * 86_400
  const times = Array.from({ length: (days * 86_400) / (2 * minute) }, (_, n) => start + n * 2 * minute)
  const present = await seriesOf(prometheus, `{__name__=~"${Object.keys(raw).join('|')}"}`)
  const past = present.map((labels): Series => {
    const perMinute = raw[labels['__name__'] as keyof typeof raw]?.(labels)
    const value = (time: number): number => (perMinute === undefined ? 100 : ((time - start) / minute) * perMinute)
    const earlier = labels['job'] === 'prometheus' ? labels : { ...labels, instance: 'earlier' }
    return { labels: earlier, samples: times.map((time) => [time, value(time)]) }
  })
  await load(prometheus, folder, 'raw', past)

  const made = await Promise.all(
    recordings.map(async ({ record, expr, labels = {} }): Promise<readonly Series[]> => {
      const results = await queryRange(prometheus, expr, { start: start + 3_600, end, step: 5 * minute })
      return results.map(({ metric, values = [] }) => ({ labels: { ...metric, ...labels, __name__: record }, samples: values }))
    }),
  )
  await load(prometheus, folder, 'recorded', made.flat())
}

async function load(prometheus: Container, folder: string, name: string, series: readonly Series[]): Promise<void> {
  const file = join(folder, `${name}.om`)
  writeFileSync(file, openMetrics(series))
  chmodSync(file, 0o644)
  // One large block: the whole file is read again for each
  const blocks = ['promtool', 'tsdb', 'create-blocks-from', 'openmetrics', '--quiet', '--max-block-duration=486h']
  await prometheus.exec(...blocks, `/history/${name}.om`, '/tmp/prometheus')
  await prometheus.stop()
  await prometheus.start()
  await isReady(prometheus)
}

/** Series of a metric stand together; all are of the unknown type, so that their names may end as they like. */
function openMetrics(series: readonly Series[]): string {
  const byName = Map.groupBy(series, ({ labels }) => labels['__name__']!)
  const lines = [...byName.values()].flat().flatMap(({ labels: { __name__: name, ...labels }, samples }) => {
    const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
    return samples.map(([time, value]) => `${name}{${pairs.join(',')}} ${value} ${time}`)
  })
  return `${lines.join('\n')}\n# EOF\n`
}
