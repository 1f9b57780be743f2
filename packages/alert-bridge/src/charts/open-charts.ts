import { asciiOnly } from '@swarmwatch/config'

import { inTime, reasonOf } from '../causes/in-time.ts'
import { recentAnswers } from '../causes/recent-answers.ts'
import { logLimit } from '../log-limit.ts'
import { cleanLine } from '../message/clean-text.ts'
import type { Notice, NoticeChart } from '../message/notice.ts'
import { type Chart, type ChartSeries, isDrawable } from './chart.ts'
import { type ChartRequest, chartRequest, maxSeries } from './chart-request.ts'
import { chartText, drawChart } from './draw-chart.ts'
import { type FoundSeries, type RangeQueries, RefusedQuery } from './query-range.ts'
import { renderPng } from './render-png.ts'

/** Options for {@link openCharts}. */
export interface ChartOptions {
  readonly prometheus: RangeQueries
  /** IANA name. @default 'UTC' */
  readonly timeZone?: string | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Prints one line. */
  readonly write: (line: string) => void
  /** Renders the picture. @default the renderer of the bridge */
  readonly render?: typeof renderPng
  /** Maximum time for the queries and the picture of one message, in milliseconds. @default 2000 */
  readonly timeoutMs?: number
}

/**
 * The chart of a notice about alerts that fire, or undefined: for other notices, for alerts without a metric, and if it cannot be made.
 * Never rejects, and takes at most `timeoutMs`.
 */
export type ChartOfNotice = (notice: Notice) => Promise<NoticeChart | undefined>

/** All recipients and attempts of a message share the chart for this time. */
const freshMs = 120_000
const maxKept = 50
/** After a failure of the server no chart is made for this time, so that an outage delays one message, not all. */
const pauseMs = 30_000
/** Failures are logged at most this often. */
const logEveryMs = 10 * 60_000
/** In a storm, later messages are sent without a chart. */
const maxPerMinute = 20
const maxBytes = 200_000

/** Returns the function that makes charts; nothing is connected or loaded before the first one. */
export function openCharts({
  prometheus,
  timeZone = 'UTC',
  now,
  write,
  render = renderPng,
  timeoutMs = 2_000,
}: ChartOptions): ChartOfNotice {
  const recent = recentAnswers<Promise<NoticeChart | undefined>>({ now, freshMs, maxKept })
  let failedAtMs = Number.NEGATIVE_INFINITY
  const due = logLimit(logEveryMs, now)
  let minute = { atMs: Number.NEGATIVE_INFINITY, count: 0 }

  async function make(request: ChartRequest): Promise<NoticeChart | undefined> {
    try {
      return await inTime(async (signal) => {
        const found = await Promise.all(request.queries.map((query) => prometheus.range(query, request, signal)))
        const chart = chartOf(request, found.flat(), timeZone)
        if (chart === undefined) return undefined
        const png = await render(drawChart(chart), signal)
        if (png.length > maxBytes) throw new RangeError('the picture is too large')
        return { png, title: chart.title, text: chartText(chart) }
      }, timeoutMs)
    } catch (error) {
      if (!(error instanceof RefusedQuery)) failedAtMs = now()
      if (due() !== undefined) {
        const what =
          error instanceof RefusedQuery
            ? `the query of "${asciiOnly(cleanLine(request.title, 80))}" is refused`
            : 'no chart can be made'
        write(
          `[BRIDGE] charts from Prometheus at ${prometheus.host}: ${what} (${reasonOf(error, timeoutMs)}); messages are sent without a chart`,
        )
      }
      return undefined
    }
  }

  function isTooMany(): boolean {
    if (now() - minute.atMs >= 60_000) minute = { atMs: now(), count: 0 }
    minute.count += 1
    return minute.count > maxPerMinute
  }

  return async (notice) => {
    const request = chartRequest(notice, now())
    if (request === undefined) return undefined
    const key = JSON.stringify([request.queries, request.title, request.limit, request.alertMs])
    const before = recent.get(key)
    if (before !== undefined) return before
    if (now() - failedAtMs < pauseMs || isTooMany()) return undefined
    const chart = make(request)
    recent.set(key, chart)
    return chart
  }
}

/** The series of the alerts, the first few of them; undefined if nothing can be drawn. */
function chartOf(request: ChartRequest, found: readonly FoundSeries[], timeZone: string): Chart | undefined {
  const drawable = found.filter(({ points }) => points.some(({ value }) => isDrawable(value)))
  const ofAlerts = drawable.filter(({ labels }) => request.labels.some((alert) => isPartOf(labels, alert)))
  const chosen = ofAlerts.length > 0 ? ofAlerts : drawable
  if (chosen.length === 0) return undefined
  const { title, unit, limit, fromMs, toMs, stepMs, alertMs } = request
  return {
    title,
    unit,
    limit,
    fromMs,
    toMs,
    stepMs,
    alertMs,
    timeZone,
    series: named(chosen.slice(0, maxSeries)),
    moreSeries: Math.max(chosen.length - maxSeries, 0) + request.moreQueries,
  }
}

function isPartOf(labels: Readonly<Record<string, string>>, alert: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(
    ([name, value]) => name === '__name__' || (Object.hasOwn(alert, name) && alert[name] === value),
  )
}

/** Each series with the labels that distinguish it from the others. */
function named(found: readonly FoundSeries[]): ChartSeries[] {
  const keys = [...new Set(found.flatMap(({ labels }) => Object.keys(labels)))].toSorted()
  const differing = keys.filter((key) => new Set(found.map(({ labels }) => labels[key])).size > 1)
  return found.map(({ labels, points }) => ({
    name: differing
      .map((key) => labels[key] ?? '')
      .filter((value) => value !== '')
      .join(', '),
    points,
  }))
}
