import { z } from 'zod'

import { type JsonServer, readJson } from '../causes/read-json.ts'
import type { ChartPoint } from './chart.ts'

/** A series in an answer of Prometheus. */
export interface FoundSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly points: readonly ChartPoint[]
}

/** A range of time, in milliseconds since 1970. */
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
}

/** Prometheus, or what has its query API. */
export interface RangeQueries {
  /** Host and port, for lines in the log. */
  readonly host: string
  /** Rejects when the server cannot be reached, refuses the query (then with a {@link RefusedQuery}) or answers with more than 2 MiB. */
  readonly range: (query: string, range: TimeRange, signal: AbortSignal) => Promise<readonly FoundSeries[]>
}

/** The server is well, but this query is not. */
export class RefusedQuery extends Error {
  override readonly name = 'RefusedQuery'
}

const answer = z.object({
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])).default([]) }),
    ),
  }),
})
const maxSeriesOfAnswer = 200
const maxPoints = 250

/** Queries over a range of time. `timeoutSeconds` is for the server, which then ends the query by itself. */
export function prometheusRanges(server: JsonServer, fetch: typeof globalThis.fetch, timeoutSeconds = 2): RangeQueries {
  return {
    host: new URL(server.url).host,
    range: async (query, { fromMs, toMs, stepMs }, signal) => {
      const parameters = new URLSearchParams({
        query,
        start: String(fromMs / 1000),
        end: String(toMs / 1000),
        step: String(stepMs / 1000),
        timeout: `${timeoutSeconds}s`,
        // Prometheus 3 shortens the answer; others ignore it
        limit: String(maxSeriesOfAnswer),
      })
      const { status, json } = await readJson(server, '/api/v1/query_range', parameters, { fetch, signal, maxMib: 2 })
      if (status === 400 || status === 422) throw new RefusedQuery(`HTTP ${status}`)
      const read = answer.safeParse(json)
      if (status !== 200 || !read.success) throw new Error(status === 200 ? 'not an answer of Prometheus' : `HTTP ${status}`)
      return read.data.data.result.map(({ metric, values }) => ({
        labels: metric,
        points: values.slice(0, maxPoints).map(([seconds, value]) => ({ atMs: seconds * 1000, value: numberOf(value) })),
      }))
    },
  }
}

/** Prometheus writes `+Inf`, which `Number` does not know. */
function numberOf(text: string): number {
  return Number(text.replace(/Inf$/, 'Infinity'))
}
