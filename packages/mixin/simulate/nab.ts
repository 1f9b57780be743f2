import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Sample, Series } from './exported-series.ts'
import { type Firing, judgeRules } from './judge-rules.ts'
import { pastPrometheus } from './past-prometheus.ts'
import { rivals } from './rival-rules.ts'
import { startSeconds } from './traffic-shapes.ts'
import type { RuleGroup } from '../src/rule.ts'
import { label, series } from '../src/series.ts'

/** A series of the Numenta Anomaly Benchmark. Times are seconds after its first value. */
export interface NabSeries {
  readonly name: string
  readonly samples: readonly Sample[]
  /** The labelled anomalies. */
  readonly windows: readonly (readonly [from: number, to: number])[]
}

/** Verdict about a detector on a series. Alerts with less than an hour between them count as one. */
export interface NabVerdict {
  readonly series: string
  readonly detector: string
  readonly windows: number
  readonly windowsFound: number
  readonly alerts: number
  /** Alerts that overlap a labelled window. */
  readonly alertsInWindows: number
}

/** Reads the series of a folder; none if the folder does not exist. */
export function readNab(folder: string): readonly NabSeries[] {
  if (!existsSync(folder)) return []
  const windows = JSON.parse(readFileSync(join(folder, 'windows.json'), 'utf8')) as Record<string, [string, string][]>
  return readdirSync(folder)
    .filter((name) => name.endsWith('.csv'))
    .toSorted()
    .map((name) => {
      const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n').slice(1)
      const values = lines.map((line) => line.split(',') as [string, string])
      const first = secondsOf(values[0]![0])
      // A few values have the same time, or an earlier one
      const samples: Sample[] = []
      for (const [time, value] of values) {
        const seconds = secondsOf(time) - first
        if (samples.length === 0 || seconds > samples.at(-1)![0]) samples.push([seconds, Number(value)])
      }
      return {
        name: name.replace(/\.csv$/, ''),
        samples,
        windows: (windows[name] ?? []).map(([from, to]) => [secondsOf(from) - first, secondsOf(to) - first] as const),
      }
    })
}

function secondsOf(time: string): number {
  return Date.parse(`${time.replace(' ', 'T').slice(0, 19)}Z`) / 1_000
}

/** Runs AgentAnomaly as it is shipped, and the rivals, on each series. */
export async function judgeNab(nab: readonly NabSeries[], groups: readonly RuleGroup[]): Promise<readonly NabVerdict[]> {
  const detectors = [{ name: 'AgentAnomaly', alert: 'AgentAnomaly', groups }, ...rivals]
  const verdicts: NabVerdict[] = []
  for (const each of nab) {
    const prometheus = await pastPrometheus()
    try {
      await prometheus.write([asRuns(each)])
      const span = { start: startSeconds + 60, end: startSeconds + each.samples.at(-1)![0] }
      const all = [...groups, ...rivals.flatMap((rival) => rival.groups)]
      const firings = await judgeRules(
        prometheus,
        all,
        detectors.map(({ alert }) => alert),
        span,
      )
      for (const { name, alert } of detectors) {
        verdicts.push(
          verdictOn(
            each,
            name,
            firings.filter((firing) => firing.alert === alert),
          ),
        )
      }
    } finally {
      await prometheus.close()
    }
  }
  return verdicts
}

/**
 * The series as the runs of an agent: counts as they are, and measurements in a unit in which 15
 * minutes have at least a thousand. The runs of a value are spread evenly until the next one.
 */
function asRuns({ name, samples }: NabSeries): Series {
  const isCount = /volume|count|taxi/.test(name)
  const middle = samples.map(([, value]) => value).toSorted((one, other) => one - other)[samples.length >> 1]!
  const every = samples[1]![0] - samples[0]![0]
  const unit = isCount ? 1 : 10 ** Math.ceil(Math.log10((1_000 * every) / 900 / Math.max(middle, 1e-9)))
  let total = 0
  const counted: Sample[] = []
  for (const [index, [seconds, value]] of samples.entries()) {
    const length = Math.min((samples[index + 1]?.[0] ?? seconds + every) - seconds, 2 * every)
    const steps = Math.max(1, Math.round(length / 60))
    for (let step = 1; step <= steps; step += 1) {
      total += (Math.max(0, value) * unit) / steps
      counted.push([startSeconds + seconds + Math.round((step * length) / steps), total])
    }
  }
  const labels = {
    __name__: series.executions,
    [label.job]: 'swarmwatch/nab',
    [label.environment]: 'production',
    [label.region]: 'eu-1',
    [label.agent]: name,
    [label.outcome]: 'success',
  }
  return { labels, samples: counted }
}

function verdictOn({ name, windows }: NabSeries, detector: string, firings: readonly Firing[]): NabVerdict {
  const alerts: [number, number][] = []
  const times = firings.map(({ fromSeconds, toSeconds }) => [fromSeconds - startSeconds, toSeconds - startSeconds] as const)
  for (const [from, to] of times.toSorted(([one], [other]) => one - other)) {
    const last = alerts.at(-1)
    if (last !== undefined && from - last[1] < 3_600) last[1] = Math.max(last[1], to)
    else alerts.push([from, to])
  }
  const overlaps =
    ([from, to]: readonly [number, number]) =>
    (window: readonly [number, number]): boolean =>
      from <= window[1] && to >= window[0]
  return {
    series: name,
    detector,
    windows: windows.length,
    windowsFound: windows.filter((window) => alerts.some(overlaps(window))).length,
    alerts: alerts.length,
    alertsInWindows: alerts.filter((alert) => windows.some(overlaps(alert))).length,
  }
}
