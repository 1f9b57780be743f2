import { chartAnnotations, type ChartUnit, chartUnits } from '@swarmwatch/config'

import { agentOf, alertName } from '../message/alert-facts.ts'
import { timeOf } from '../message/notice-times.ts'
import type { Notice, NoticeAlert } from '../message/notice.ts'

/** Queries for the chart of a notice, and how their results are shown. */
export interface ChartRequest {
  /** PromQL, at least one. */
  readonly queries: readonly string[]
  /** Number of queries that are left out. */
  readonly moreQueries: number
  /** Labels of the alerts: of the answer to an expression for all alerts, only their series are shown. */
  readonly labels: readonly Readonly<Record<string, string>>[]
  readonly title: string
  readonly unit: ChartUnit
  readonly limit: number | undefined
  /** Milliseconds since 1970. */
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
  readonly alertMs: number
}

/** Maximum number of lines in a chart. */
export const maxSeries = 4

const hourMs = 3_600_000
/** Shown before the alert began. */
const beforeMs = hourMs / 2
const longestMs = 24 * hourMs
const points = 120
const leastStepMs = 15_000
/** Longer expressions are not sent. */
const maxQueryLength = 4_000
const kinds: ReadonlySet<Notice['kind']> = new Set(['firing', 'repeat', 'escalation'])

/**
 * The chart of the alerts in a notice that fire: of the metric in their annotations, otherwise of the expression in the address of their
 * rule. Undefined for notices of other kinds, and for alerts that have neither. Pure.
 */
export function chartRequest(notice: Notice, nowMs: number): ChartRequest | undefined {
  // one of several incidents would be shown
  if (!kinds.has(notice.kind) || notice.incidents !== undefined) return undefined
  const sources = notice.alerts.filter(({ status }) => status === 'firing').flatMap((alert) => sourceOf(alert) ?? [])
  const [first] = sources
  if (first === undefined) return undefined
  // one picture shows one metric
  const alike = sources.filter(({ name, title, unit, limit }) => isSame(first, { name, title, unit, limit }))
  const queries = [...new Set(alike.map(({ query }) => query))]
  const starts = alike.flatMap(({ alert }) => timeOf(alert.startsAt) ?? []).filter((ms) => ms <= nowMs)
  const alertMs = starts.reduce((one, other) => Math.min(one, other), nowMs)
  const fromMs = Math.max(Math.min(alertMs - beforeMs, nowMs - hourMs), nowMs - longestMs)
  const agents = new Set(alike.map(({ alert }) => agentOf(alert)))
  const [agent] = agents.size === 1 ? agents : []
  return {
    queries: queries.slice(0, maxSeries),
    moreQueries: Math.max(queries.length - maxSeries, 0),
    labels: alike.map(({ alert }) => alert.labels),
    title: [first.title ?? first.name, ...(agent === undefined ? [] : [agent])].join(': '),
    unit: first.unit,
    limit: first.limit,
    fromMs,
    toMs: nowMs,
    stepMs: Math.max(Math.ceil((nowMs - fromMs) / points / 1000) * 1000, leastStepMs),
    alertMs,
  }
}

/** The metric of one alert. */
interface Source {
  readonly alert: NoticeAlert
  readonly name: string
  readonly query: string
  readonly title: string | undefined
  readonly unit: ChartUnit
  readonly limit: number | undefined
}

function isSame(source: Source, other: Pick<Source, 'name' | 'title' | 'unit' | 'limit'>): boolean {
  return source.name === other.name && source.title === other.title && source.unit === other.unit && source.limit === other.limit
}

function sourceOf(alert: NoticeAlert): Source | undefined {
  const own = (key: keyof typeof chartAnnotations): string | undefined =>
    Object.hasOwn(alert.annotations, chartAnnotations[key]) ? alert.annotations[chartAnnotations[key]] : undefined
  const query = own('query')?.trim() ?? ''
  const compared = query === '' ? comparisonIn(alert.generatorUrl) : { query, limit: numberIn(own('limit')) }
  if (compared === undefined || compared.query.length > maxQueryLength) return undefined
  return {
    alert,
    name: alertName(alert),
    ...compared,
    title: own('title'),
    unit: chartUnits.find((unit) => unit === own('unit')) ?? 'number',
  }
}

/**
 * The expression of a rule, which Prometheus puts into the address of its page, without the comparison at its end: `METRIC > 0.1` has
 * values only while the alert fires. An expression with more than one comparison stays as it is.
 */
function comparisonIn(generatorUrl: string | undefined): Pick<Source, 'query' | 'limit'> | undefined {
  const query =
    URL.parse(generatorUrl ?? '')
      ?.searchParams.get('g0.expr')
      ?.trim() ?? ''
  if (query === '' || query.length > maxQueryLength) return undefined
  const end = /\s*(?:[<>]=?|[!=]=)\s*(-?\d[\d.]*(?:e[+-]?\d+)?)$/i.exec(query)
  const metric = end === null ? '' : query.slice(0, end.index)
  const limit = numberIn(end?.[1])
  const isSimple = metric !== '' && limit !== undefined && !/\b(?:and|or|unless|bool)\b|[<>]|[!=]=/i.test(metric)
  return isSimple ? { query: metric, limit } : { query, limit: undefined }
}

function numberIn(text: string | undefined): number | undefined {
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) ? number : undefined
}
