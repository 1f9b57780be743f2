import { type JsonServer, readJson } from './read-json.ts'
import { causeAmong, type FoundRun, type RunSearch, spanNames, type TraceStore } from './runs.ts'

/** Traces in one answer; they come with all their spans. */
const maxTraces = 20

/** One request to the query service. */
interface SpanQuery {
  readonly service: string
  readonly operation: string
  readonly onlyErrors: boolean
  readonly fromMs: number
  readonly toMs: number
}

/**
 * Jaeger, and what has its query API, such as VictoriaTraces: version 3 of the API (OTLP), or the older one of Jaeger's own page where
 * that is missing.
 */
export function jaegerStore(server: JsonServer, fetch: typeof globalThis.fetch): TraceStore {
  const { host } = new URL(server.url)
  let isOld = false

  async function spans(query: SpanQuery, signal: AbortSignal): Promise<readonly FoundRun[]> {
    if (!isOld) {
      const { status, json } = await readJson(server, '/api/v3/traces', newQuery(query), { fetch, signal })
      const found = runsOfOtlp(json, query.operation)
      if (found !== undefined) return found
      // a version that lacks this path answers with its web page, and others with 404
      if (status !== 200 && status !== 404) throw new Error(`HTTP ${status}`)
    }
    const { status, json } = await readJson(server, '/api/traces', oldQuery(query), { fetch, signal })
    const found = runsOfJaeger(json, query.operation)
    if (status !== 200 || found === undefined) throw new Error(status === 200 ? 'not an answer of Jaeger' : `HTTP ${status}`)
    isOld = true
    return found
  }

  return {
    host,
    findRuns: async ({ service, agent, choice, fromMs, toMs }: RunSearch, signal) => {
      const isFailure = choice === 'failed'
      const operations = [spanNames.agent(agent), spanNames.workflow(agent)]
      // a store may not know the tag "error" of spans that came as OTLP, so the last search is without it
      for (const onlyErrors of isFailure ? [true, false] : [false]) {
        for (const operation of operations) {
          const found = await spans({ service, operation, onlyErrors, fromMs, toMs }, signal)
          if (causeAmong(found, choice) !== undefined) return found
        }
      }
      return []
    },
  }
}

/** Names with underscores are those of earlier versions, which ignore the others. */
function newQuery({ service, operation, onlyErrors, fromMs, toMs }: SpanQuery): URLSearchParams {
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()]
  return new URLSearchParams({
    'query.serviceName': service,
    'query.service_name': service,
    'query.operationName': operation,
    'query.operation_name': operation,
    'query.startTimeMin': from,
    'query.start_time_min': from,
    'query.startTimeMax': to,
    'query.start_time_max': to,
    'query.searchDepth': String(maxTraces),
    'query.search_depth': String(maxTraces),
    'query.num_traces': String(maxTraces),
    ...(onlyErrors && { 'query.attributes': JSON.stringify({ error: 'true' }) }),
  })
}

function oldQuery({ service, operation, onlyErrors, fromMs, toMs }: SpanQuery): URLSearchParams {
  return new URLSearchParams({
    service,
    operation,
    // microseconds
    start: String(fromMs * 1000),
    end: String(toMs * 1000),
    limit: String(maxTraces),
    ...(onlyErrors && { tags: JSON.stringify({ error: 'true' }) }),
  })
}

/** The runs in an answer of version 3, or undefined if it is none. Without traces it is an error with status 404. */
function runsOfOtlp(json: unknown, operation: string): readonly FoundRun[] | undefined {
  const { result, error } = objectOf(json)
  if (result === undefined) return objectOf(error)['httpCode'] === 404 ? [] : undefined
  const all = listOf(objectOf(result)['resourceSpans'])
    .flatMap((resource) => listOf(objectOf(resource)['scopeSpans']))
    .flatMap((scope) => listOf(objectOf(scope)['spans']))
  return all
    .map(objectOf)
    .filter(({ name }) => name === operation)
    .map((span) => {
      const attributes = new Map(
        listOf(span['attributes'])
          .map(objectOf)
          .map(({ key, value }) => [key, Object.values(objectOf(value))[0]]),
      )
      const startMs = Number(span['startTimeUnixNano']) / 1e6
      const { code } = objectOf(span['status'])
      return {
        traceId: hexOf(span['traceId']),
        startMs,
        durationMs: Number(span['endTimeUnixNano']) / 1e6 - startMs,
        isFailed: code === 2 || code === 'STATUS_CODE_ERROR',
        ...factsOf(attributes),
      }
    })
}

/** The runs in an answer of the older API, or undefined if it is none. */
function runsOfJaeger(json: unknown, operation: string): readonly FoundRun[] | undefined {
  const { data } = objectOf(json)
  if (!Array.isArray(data)) return undefined
  return data
    .flatMap((trace) => listOf(objectOf(trace)['spans']))
    .map(objectOf)
    .filter(({ operationName }) => operationName === operation)
    .map((span) => {
      const tags = new Map(
        listOf(span['tags'])
          .map(objectOf)
          .map(({ key, value }) => [key, value]),
      )
      const failed = tags.get('error')
      return {
        traceId: hexOf(span['traceID']),
        startMs: Number(span['startTime']) / 1000,
        durationMs: Number(span['duration']) / 1000,
        isFailed: failed === true || failed === 'true' || tags.get('otel.status_code') === 'ERROR',
        ...factsOf(tags),
      }
    })
}

function factsOf(attributes: ReadonlyMap<unknown, unknown>): Pick<FoundRun, 'executionId' | 'attempts' | 'costUsd'> {
  const id = attributes.get(spanNames.executionId)
  return {
    executionId: typeof id === 'string' && id !== '' ? id : undefined,
    attempts: Number(attributes.get(spanNames.attempts) ?? 1),
    costUsd: Number(attributes.get(spanNames.costUsd) ?? 0),
  }
}

/** JSON of protobuf writes bytes in base64, and OTLP in hexadecimal digits. */
function hexOf(id: unknown): string {
  const text = typeof id === 'string' ? id : ''
  return /^[\da-f]*$/i.test(text) ? text.toLowerCase() : Buffer.from(text, 'base64').toString('hex')
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
