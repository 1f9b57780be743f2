import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { type Container } from '@swarmwatch/testkit'

import { isReady, queryRange, seriesOf } from './run-engines.ts'
import type { Recording } from '../src/rule.ts'

type Labels = Readonly<Record<string, string>>
type Series = { readonly labels: Labels; readonly samples: readonly (readonly [seconds: number, value: number | string])[] }

// The growth of a week is compared with the week before
const days = 15
const minute = 60

/** Raw series that rules look back on for days, and their values after a number of minutes. */
const raw: Readonly<Record<string, (minutes: number, labels: Labels) => number>> = {
  agent_executions_total: (minutes, { outcome }) => minutes * ({ success: 2, failure: 0.1 }[outcome!] ?? 0),
  agent_execution_duration_seconds_sum: (minutes) => minutes * 5,
  agent_execution_duration_seconds_count: (minutes) => minutes * 2,
  agent_cost_usd_total: (minutes) => minutes * 0.01,
  agent_tokens_total: (minutes) => minutes * 1_000,
  gen_ai_invoke_agent_tool_calls_sum: (minutes) => minutes * 4,
  gen_ai_invoke_agent_tool_calls_count: (minutes) => minutes * 2,
  agent_experiment_sums_total: (minutes, { sum }) => minutes * (sum!.endsWith('_squared') ? 50 : 2),
  active_executions: () => 100,
  prometheus_tsdb_head_series: () => 100,
  prometheus_tsdb_storage_blocks_bytes: (minutes) => minutes * 1e4,
  prometheus_tsdb_retention_limit_bytes: () => 8e9,
}

/** The series of the past, by the name of the present one: until recently, the store kept histograms as classic ones. */
const byPresent: ReadonlyMap<string, readonly string[]> = Map.groupBy(Object.keys(raw), (name) =>
  name.replace(/(?<=_seconds|_tool_calls)_(sum|count)$/, ''),
)

/**
 * Adds 15 days of history up to `endMs`: for each series of the running swarm, a series of an
 * earlier process, and the results of the recordings. Prometheus restarts twice.
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
  const present = await seriesOf(prometheus, `{__name__=~"${[...byPresent.keys()].join('|')}"}`)
  const past = present.flatMap((labels) =>
    byPresent.get(labels['__name__']!)!.map((name): Series => {
      const named = { ...labels, __name__: name }
      const earlier = labels['job'] === 'prometheus' ? named : { ...named, instance: 'earlier' }
      return { labels: earlier, samples: times.map((time) => [time, raw[name]!((time - start) / minute, labels)]) }
    }),
  )
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

/**
 * Series of a metric are in one block; all are of the unknown type, so that their names may end as
 * they like.
 */
function openMetrics(series: readonly Series[]): string {
  const byName = Map.groupBy(series, ({ labels }) => labels['__name__']!)
  const lines = [...byName.values()].flat().flatMap(({ labels: { __name__: name, ...labels }, samples }) => {
    const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
    return samples.map(([time, value]) => `${name}{${pairs.join(',')}} ${value} ${time}`)
  })
  return `${lines.join('\n')}\n# EOF\n`
}
