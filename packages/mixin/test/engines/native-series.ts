import { metric } from '@swarmwatch/sdk/names'

/** Series and their values, as promtool writes them. */
export type InputSeries = Readonly<Record<string, string>>

const histograms = new Set(Object.values(metric).flatMap(({ kind, prometheus }) => (kind === 'histogram' ? [prometheus] : [])))
const partOf = /^(\w+)_(bucket|sum|count)\{(.*)\}$/

/** Whether a series is a part of a histogram of the SDK, as a store of classic histograms keeps it. */
function histogramOf(series: string): { name: string; part: string; labels: string } | undefined {
  const [, name = '', part = '', labels = ''] = partOf.exec(series) ?? []
  return histograms.has(name) ? { name, part, labels } : undefined
}

export function hasHistograms(series: InputSeries): boolean {
  return Object.keys(series).some((name) => histogramOf(name) !== undefined)
}

/** The same series, with native histograms in place of classic ones. */
export function withNativeHistograms(series: InputSeries): InputSeries {
  return { ...withoutHistograms(series), ...nativeFrom(0, series) }
}

/** Classic histograms before the sample of this index, native ones from it on: the store begins to convert, and processes go on. */
export function switchedAt(index: number, series: InputSeries): InputSeries {
  const classic = Object.entries(series).flatMap(([name, values]) =>
    histogramOf(name) === undefined ? [] : [[name, written(samplesOf(values).slice(0, index), String)] as const],
  )
  return { ...withoutHistograms(series), ...Object.fromEntries(classic), ...nativeFrom(index, series) }
}

function withoutHistograms(series: InputSeries): InputSeries {
  return Object.fromEntries(Object.entries(series).filter(([name]) => histogramOf(name) === undefined))
}

function nativeFrom(begin: number, series: InputSeries): InputSeries {
  const parts = Object.entries(series).flatMap(([name, values]) => {
    const found = histogramOf(name)
    if (found === undefined) return []
    const [le = '', bound] = /(?:, )?le="([^"]*)"/.exec(found.labels) ?? []
    const id = `${found.name}{${found.labels.replace(le, '').replace(/^, /, '')}}`
    return [{ id, part: found.part, bound: Number(bound?.replace('+', '') ?? Number.NaN), samples: samplesOf(values) }]
  })
  return Object.fromEntries(
    [...Map.groupBy(parts, ({ id }) => id)].map(([id, of]) => {
      const samplesOfPart = (part: string) => of.find((each) => each.part === part)?.samples ?? []
      const [sums, counts] = [samplesOfPart('sum'), samplesOfPart('count')]
      const buckets = of.filter(({ bound }) => Number.isFinite(bound)).toSorted((one, other) => one.bound - other.bound)
      const samples = Array.from({ length: Math.max(sums.length, counts.length) }, (_, index) => {
        const [sum, count] = [sums[index]?.[0], counts[index]?.[0]]
        if (index < begin || (sum === undefined && count === undefined)) return undefined
        // A test may have the sum or the count alone
        const upTo =
          buckets.length === 0 ? [0, count ?? 0] : [...buckets.map((each) => each.samples[index]?.[0] ?? 0), count ?? 0]
        return [sum ?? 0, count ?? 0, ...upTo.map((value, at) => value - (upTo[at - 1] ?? 0))]
      })
      const bounds = buckets.length === 0 ? [1] : buckets.map(({ bound }) => bound)
      return [id, written(samples, (sample) => nativeSample(sample, bounds))]
    }),
  )
}

function nativeSample([sum, count, ...buckets]: readonly number[], bounds: readonly number[]): string {
  return `{{schema:-53 sum:${sum} count:${count} custom_values:[${bounds.join(' ')}] buckets:[${buckets.join(' ')}]}}`
}

/** The numbers of a sample; none where there is a gap. */
type Sample = readonly number[] | undefined

/** The samples of promtool's notation, one by one: `1+2x3`, `5x3`, `_x3`, `4`. */
function samplesOf(values: string): Sample[] {
  return values.split(/\s+/).flatMap((item): Sample[] => {
    const [isGap, gaps] = /^_(?:x(\d+))?$/.exec(item) ?? []
    if (isGap !== undefined) return Array.from({ length: Number(gaps ?? 1) }, () => undefined)
    const [, from, step = 0, times = 0] = /^(-?[\d.]+)([+-][\d.]+)?(?:x(\d+))?$/.exec(item) ?? []
    if (from === undefined) throw new Error(`cannot read the values ${item}`)
    return Array.from({ length: Number(times) + 1 }, (_, index) => [Number(from) + index * Number(step)])
  })
}

/** Samples as promtool reads them; those that grow evenly, as one item. */
function written(samples: readonly Sample[], render: (sample: readonly number[]) => string): string {
  const items: string[] = []
  for (let at = 0; at < samples.length;) {
    const first = samples[at]
    if (first === undefined) {
      items.push('_')
      at += 1
      continue
    }
    const step = (samples[at + 1] ?? first).map((value, part) => value - first[part]!)
    const isOnLine = (sample: Sample, times: number): boolean =>
      sample !== undefined && sample.every((value, part) => Math.abs(value - first[part]! - times * step[part]!) < 1e-6)
    let times = 0
    while (step.every((part) => part >= 0) && isOnLine(samples[at + times + 1], times + 1)) times += 1
    items.push(times === 0 ? render(first) : `${render(first)}+${render(step)}x${times}`)
    at += times + 1
  }
  return items.join(' ')
}
