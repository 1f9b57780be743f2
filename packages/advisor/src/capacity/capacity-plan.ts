import { type Labels, type Prometheus, PrometheusError, type Series } from '../prometheus/prometheus-client.ts'
import type { CapacityPlan, Interval, ResourcePlan } from '../report/report.ts'
import { label, selector, series } from '../series.ts'

/** Values that the plan needs besides Prometheus. */
export interface CapacityNeeds {
  /** Executions of the busiest hour of the next 7 days; undefined while the rhythm of a week is unknown. */
  readonly peakHour: Interval | undefined
  /** Executions of the busiest hour of the last 7 days. */
  readonly lastPeakHour: number
  readonly nowSeconds: number
  readonly matchers: string
  /** Overrides the counted workers. */
  readonly workers: number | undefined
  /** Overrides the measured concurrency. */
  readonly concurrency: number | undefined
}

/** Compares the predicted peak of the next 7 days with what is there. Rejects with `PrometheusError`. */
export async function planCapacity(prometheus: Prometheus, needs: CapacityNeeds): Promise<CapacityPlan> {
  const measured = await measure(prometheus, needs)
  const workers = needs.peakHour === undefined ? undefined : workersPlan(needs.peakHour, measured)
  const resources = [
    workers,
    ...(needs.peakHour === undefined ? [] : quotaPlans(needs.peakHour, needs.lastPeakHour, measured)),
    diskPlan(measured),
    seriesPlan(measured),
  ].flatMap((plan) => plan ?? [])
  return { resources, autoscaling: workers && autoscalingOf(workers, measured) }
}

interface Measured {
  readonly workers: number
  readonly concurrency: number
  readonly meanSeconds: number
  /** Variance of the active executions divided by their mean: 1 for independent arrivals, more for bursts. */
  readonly burstiness: number
  readonly quotas: readonly { readonly labels: Labels; readonly usedShare: number; readonly limit: number }[]
  readonly diskBytes: number
  readonly diskGrowthPerDay: number
  readonly diskLimit: number
  readonly headSeries: number
  readonly headSeriesGrowthPerDay: number
}

async function measure(prometheus: Prometheus, needs: CapacityNeeds): Promise<Measured> {
  const { nowSeconds, matchers } = needs
  const active = selector(series.activeExecutions, matchers)
  const classic = (part: string): string => `sum(increase(${selector(`${series.executionDuration}_${part}`, matchers)}[7d]))`
  const native = (part: string): string => `sum(histogram_${part}(increase(${selector(series.executionDuration, matchers)}[7d])))`
  const ofTsdb = (name: string): string => `max(${name}{job="prometheus"})`
  const value = async (expr: string): Promise<number> =>
    (await answerOf(prometheus, expr, nowSeconds))[0]?.samples[0]?.[1] ?? Number.NaN
  const counted = await value(`count(count by (job, instance) (last_over_time(${active}[10m])))`)
  const highest = await value(`max(max_over_time(sum by (job, instance) (${active})[7d:5m]))`)
  // Both where the store began to keep native histograms within the week
  const durations = async (part: string): Promise<number> => {
    const parts = [await value(classic(part)), await value(native(part))].filter((each) => Number.isFinite(each))
    return parts.length === 0 ? Number.NaN : parts.reduce((sum, each) => sum + each, 0)
  }
  const seconds = (await durations('sum')) / (await durations('count'))
  const spread = await value(
    `quantile_over_time(0.9, (stddev_over_time(sum(${active})[1h:1m]) ^ 2 / avg_over_time(sum(${active})[1h:1m]))[2d:1h])`,
  )
  const disk = `${ofTsdb('prometheus_tsdb_storage_blocks_bytes')} + ${ofTsdb('prometheus_tsdb_wal_storage_size_bytes')}`
  const headOfDay = (offset: string): string => `avg_over_time(prometheus_tsdb_head_series{job="prometheus"}[1d] ${offset})`
  return {
    workers: needs.workers ?? counted,
    concurrency: needs.concurrency ?? highest,
    meanSeconds: seconds,
    burstiness: Number.isFinite(spread) ? Math.max(1, spread) : 1,
    quotas: await readQuotas(prometheus, nowSeconds, matchers),
    diskBytes: await value(disk),
    diskGrowthPerDay: (await value(`(${disk}) - (${disk.replaceAll('}', '} offset 3d')})`)) / 3,
    diskLimit: await value(ofTsdb('prometheus_tsdb_retention_limit_bytes')),
    headSeries: await value(ofTsdb('prometheus_tsdb_head_series')),
    // Means of a day: the number rises until the head block is compacted, every two hours
    headSeriesGrowthPerDay: (await value(`max(${headOfDay('')} - ${headOfDay('offset 3d')})`)) / 3,
  }
}

/** Result of a query; none if it is too expensive for the server, so that the plan leaves it out. */
async function answerOf(prometheus: Prometheus, expr: string, nowSeconds: number): Promise<readonly Series[]> {
  try {
    return await prometheus.query(expr, nowSeconds)
  } catch (error) {
    if (error instanceof PrometheusError && ['too-much', 'slow', 'query'].includes(error.reason)) return []
    throw error
  }
}

async function readQuotas(prometheus: Prometheus, nowSeconds: number, matchers: string): Promise<Measured['quotas']> {
  const labels = [label.provider, label.model, label.quota].join(', ')
  const [quotaLimit, remaining] = [selector(series.quotaLimit, matchers), selector(series.quotaRemaining, matchers)]
  const newest = (range: string): string => `max by (${labels}) (last_over_time(${quotaLimit}[${range}]))`
  const limit = `${newest('1h')} or ${newest('7d')}`
  // Each process sees the quota of its last answer; the smallest rest is the nearest to the truth. A rest belongs to the limit of its
  // time: providers raise and lower limits
  const used = `max by (${labels}) (1 - min_over_time((${remaining} / (${quotaLimit} > 0))[7d:1m]))`
  const limits = await answerOf(prometheus, limit, nowSeconds)
  const idOf = (of: Labels): string => JSON.stringify([of[label.provider], of[label.model], of[label.quota]])
  const byId = new Map(limits.map((one) => [idOf(one.labels), one.samples[0]?.[1] ?? Number.NaN]))
  return (await answerOf(prometheus, used, nowSeconds)).flatMap(({ labels: of, samples }) => {
    const usedShare = samples[0]?.[1] ?? Number.NaN
    return Number.isFinite(usedShare) ? [{ labels: of, usedShare, limit: byId.get(idOf(of)) ?? Number.NaN }] : []
  })
}

/**
 * Runs at once at the busiest hour: arrivals times duration (Little's law), and above that the spread of independent arrivals, widened
 * by the measured bursts, so that in 95 % of the moments of that hour no run waits.
 */
function workersPlan(peakHour: Interval, measured: Measured): ResourcePlan | undefined {
  const { workers, concurrency, meanSeconds, burstiness } = measured
  if (![workers, concurrency, meanSeconds].every((value) => Number.isFinite(value) && value > 0)) return undefined
  const needed = mapInterval(peakHour, (executions) => {
    const active = (executions / 3_600) * meanSeconds
    return (active + 1.645 * Math.sqrt(active * burstiness)) / concurrency
  })
  return {
    resource: 'workers',
    available: workers,
    needed,
    headroomRatio: 1 - needed.high / workers,
    evidence:
      `${Math.round(peakHour.middle)} runs in the busiest hour, ${meanSeconds.toPrecision(3)} s each, ` +
      `up to ${concurrency} at once in a worker; bursts ${burstiness.toPrecision(2)} times those of independent arrivals.`,
  }
}

function quotaPlans(peakHour: Interval, lastPeakHour: number, { quotas }: Measured): readonly ResourcePlan[] {
  if (!(lastPeakHour > 0)) return []
  return quotas.map(({ labels, usedShare, limit }) => {
    const needed = mapInterval(peakHour, (executions) => (limit * usedShare * executions) / lastPeakHour)
    const names = [labels[label.provider], labels[label.model], labels[label.quota]].filter(Boolean)
    return {
      resource: ['quota', ...names].join(':'),
      available: limit,
      needed,
      headroomRatio: 1 - needed.high / limit,
      evidence: `At most ${Math.round(100 * usedShare)} % of the quota was used in the last 7 days, whose busiest hour had ${Math.round(lastPeakHour)} runs.`,
    }
  })
}

function diskPlan({ diskBytes, diskGrowthPerDay, diskLimit }: Measured): ResourcePlan | undefined {
  if (![diskBytes, diskLimit].every((value) => Number.isFinite(value) && value > 0)) return undefined
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`
  return {
    ...grown('prometheus_disk', { now: diskBytes, growthPerDay: diskGrowthPerDay, available: diskLimit }),
    evidence:
      `${gigabytes(diskBytes)} now, ${growthText(diskGrowthPerDay, gigabytes)}; ` +
      `the limit of the retention is ${gigabytes(diskLimit)}. At the limit, the oldest history is deleted.`,
  }
}

/** Series of the head block that a Prometheus with the 2 GB of the production stack can hold, at 6 kB for each (docs/scaling.md). */
const seriesLimit = 330_000

function seriesPlan({ headSeries, headSeriesGrowthPerDay }: Measured): ResourcePlan | undefined {
  if (!(headSeries > 0)) return undefined
  return {
    ...grown('prometheus_series', { now: headSeries, growthPerDay: headSeriesGrowthPerDay, available: seriesLimit }),
    evidence:
      `${Math.round(headSeries)} series now, ${growthText(headSeriesGrowthPerDay, (count) => String(Math.round(count)))}; ` +
      `the 2 GB of the production stack hold about ${seriesLimit}.`,
  }
}

interface Growing {
  readonly now: number
  /** NaN while it is unknown. */
  readonly growthPerDay: number
  readonly available: number
}

/** A resource that grows: from its size now to that after seven days, and at the high end after ten. */
function grown(resource: string, { now, growthPerDay, available }: Growing): Omit<ResourcePlan, 'evidence'> {
  const growth = growthPerDay > 0 ? growthPerDay : 0
  const needed = { low: now, middle: now + 7 * growth, high: now + 10 * growth }
  return { resource, available, needed, headroomRatio: 1 - needed.high / available }
}

function growthText(growthPerDay: number, shown: (amount: number) => string): string {
  return Number.isFinite(growthPerDay)
    ? `${shown(Math.max(0, growthPerDay))} more each day`
    : 'growth unknown before the fourth day'
}

function autoscalingOf({ needed }: ResourcePlan, { concurrency }: Measured): CapacityPlan['autoscaling'] {
  return {
    minWorkers: 1,
    maxWorkers: Math.max(2, Math.ceil(1.2 * needed.high)),
    // Below the limit, so that there is time to start another worker
    targetActivePerWorker: Math.max(1, Math.floor(0.7 * concurrency)),
  }
}

function mapInterval({ low, middle, high }: Interval, map: (value: number) => number): Interval {
  return { low: map(low), middle: map(middle), high: map(high) }
}
