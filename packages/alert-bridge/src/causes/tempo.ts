import { z } from 'zod'

import { type JsonServer, readJson } from './read-json.ts'
import { type FoundRun, type RunSearch, spanNames, type TraceStore } from './runs.ts'

const maxTraces = 20

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })
const span = z.object({
  startTimeUnixNano: z.coerce.number(),
  durationNanos: z.coerce.number(),
  attributes: z.array(attribute).nullish(),
})
const spanSet = z.object({ spans: z.array(span).nullish() })
const answer = z.object({
  traces: z.array(z.object({ traceID: z.string(), spanSet: spanSet.nullish(), spanSets: z.array(spanSet).nullish() })).nullish(),
})

/** Grafana Tempo, by a search in TraceQL. */
export function tempoStore(server: JsonServer, fetch: typeof globalThis.fetch): TraceStore {
  return {
    host: new URL(server.url).host,
    findRuns: async (search, signal) => {
      const query = new URLSearchParams({
        q: traceQl(search),
        // whole seconds
        start: String(Math.floor(search.fromMs / 1000)),
        end: String(Math.ceil(search.toMs / 1000)),
        limit: String(maxTraces),
      })
      const { status, json } = await readJson(server, '/api/search', query, { fetch, signal })
      const read = answer.safeParse(json)
      if (status !== 200 || !read.success) throw new Error(status === 200 ? 'not an answer of Tempo' : `HTTP ${status}`)
      return (read.data.traces ?? []).flatMap(({ traceID, spanSet: one, spanSets = one ? [one] : [] }) =>
        (spanSets ?? []).flatMap(({ spans }) => (spans ?? []).map((found) => runOf(traceID, found, search))),
      )
    },
  }
}

function traceQl({ service, agent, choice }: RunSearch): string {
  const names = [spanNames.agent(agent), spanNames.workflow(agent)].map((name) => `name = ${JSON.stringify(name)}`)
  const facts = [spanNames.executionId, spanNames.attempts, spanNames.costUsd].map((name) => `span.${name}`)
  const kind = { failed: ' && status = error', retried: ` && span.${spanNames.attempts} > 1`, costly: '', slow: '', any: '' }[
    choice
  ]
  return `{ (${names.join(' || ')}) && resource.service.name = ${JSON.stringify(service)}${kind} } | select(${facts.join(', ')})`
}

function runOf(
  traceId: string,
  { startTimeUnixNano, durationNanos, attributes }: z.output<typeof span>,
  { choice }: RunSearch,
): FoundRun {
  const facts = new Map((attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]))
  const id = facts.get(spanNames.executionId)
  return {
    traceId: traceId.padStart(32, '0'),
    executionId: typeof id === 'string' ? id : undefined,
    startMs: startTimeUnixNano / 1e6,
    durationMs: durationNanos / 1e6,
    isFailed: choice === 'failed',
    attempts: Number(facts.get(spanNames.attempts) ?? 1),
    costUsd: Number(facts.get(spanNames.costUsd) ?? 0),
  }
}
