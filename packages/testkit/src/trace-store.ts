import type { ServerResponse } from 'node:http'

import { type HttpServer, openHttpServer, type ReceivedRequest } from './http-server.ts'

/** A span as OTLP writes it in JSON. */
interface StoredSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind?: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly StoredAttribute[]
  readonly status?: { readonly code?: number; readonly message?: string }
}
interface StoredAttribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}
interface ResourceSpans {
  readonly resource?: { readonly attributes?: readonly StoredAttribute[] }
  readonly scopeSpans?: readonly { readonly spans?: readonly StoredSpan[] }[]
}
interface Row {
  readonly service: string
  readonly span: StoredSpan
}

/** The API that a {@link TraceStoreServer} has: that of a present Jaeger, of one before the names with capital letters, or of Jaeger 1. */
export type TraceApi = 'v3' | 'early-v3' | 'jaeger-1'

/** A small store of traces in memory, for tests: it takes OTLP as JSON and answers the query API of Jaeger as its documentation has it. */
export interface TraceStoreServer extends HttpServer {
  api: TraceApi
  /** The spans of a trace, as the page of the trace would show them. */
  readonly spansOf: (traceId: string) => readonly StoredSpan[]
  readonly all: () => readonly StoredSpan[]
}

/** Opens the store on `host`; `0.0.0.0` lets containers reach it. */
export async function openTraceStore({ host = '127.0.0.1' }: { readonly host?: string } = {}): Promise<TraceStoreServer> {
  const rows: Row[] = []
  const server = await openHttpServer((request, response) => answer(request, response, rows, store.api), { host })
  const store: TraceStoreServer = Object.assign(server, {
    api: 'v3' as TraceApi,
    spansOf: (traceId: string) => rows.filter(({ span }) => span.traceId === traceId).map(({ span }) => span),
    all: () => rows.map(({ span }) => span),
  })
  return store
}

function answer({ method, path, body }: ReceivedRequest, response: ServerResponse, rows: Row[], api: TraceApi): void {
  const { pathname, searchParams: query } = new URL(path, 'http://store')
  const json = (status: number, value: unknown): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (method === 'POST' && pathname === '/v1/traces') {
    rows.push(...rowsIn(JSON.parse(body) as { resourceSpans?: readonly ResourceSpans[] }))
    return json(200, {})
  }
  if (pathname === '/api/v3/traces' && api !== 'jaeger-1') {
    const wanted = searchOfV3(query, api)
    if (typeof wanted === 'string') return json(400, { error: { httpCode: 400, message: wanted } })
    const found = tracesFor(rows, wanted)
    if (found.length === 0) return json(404, { error: { httpCode: 404, message: 'No traces found' } })
    return json(200, { result: { resourceSpans: found.flat().map(resourceSpans) } })
  }
  if (pathname === '/api/traces') {
    const wanted = searchOfJaeger(query)
    if (typeof wanted === 'string') return json(400, { data: null, errors: [{ code: 400, msg: wanted }] })
    const data = tracesFor(rows, wanted).map(jaegerTrace)
    return json(200, { data, total: 0, limit: 0, offset: 0, errors: null })
  }
  // every other address is the web page
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Jaeger UI</title>')
}

function rowsIn({ resourceSpans: resources = [] }: { resourceSpans?: readonly ResourceSpans[] }): Row[] {
  return resources.flatMap(({ resource, scopeSpans = [] }) => {
    const service = resource?.attributes?.find(({ key }) => key === 'service.name')?.value['stringValue']
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => ({ service: String(service), span })))
  })
}

interface Wanted {
  readonly service: string
  readonly operation: string
  readonly tags: Readonly<Record<string, string>>
  readonly fromMs: number
  readonly toMs: number
  readonly limit: number
}

function searchOfV3(query: URLSearchParams, api: TraceApi): Wanted | string {
  const read = (name: string): string =>
    (api === 'v3' ? query.get(`query.${name}`) : null) ??
    query.get(`query.${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`) ??
    ''
  const [from, to] = [read('startTimeMin'), read('startTimeMax')]
  if (from === '' || to === '') return 'query.start_time_min and query.start_time_max are required'
  const times = [from, to].map((text) => Date.parse(text))
  if (times.some(Number.isNaN)) return 'malformed parameter query.start_time_min'
  const limit = read('searchDepth')
  if (!/^\d*$/.test(limit)) return 'malformed parameter query.search_depth'
  return {
    service: read('serviceName'),
    operation: read('operationName'),
    // an early version does not read them
    tags: api === 'v3' ? (JSON.parse(query.get('query.attributes') ?? '{}') as Record<string, string>) : {},
    fromMs: times[0]!,
    toMs: times[1]!,
    limit: Number(limit || 100),
  }
}

function searchOfJaeger(query: URLSearchParams): Wanted | string {
  const service = query.get('service')
  if (!service) return "parameter 'service' is required"
  const [start, end] = [query.get('start'), query.get('end')]
  if (!/^\d+$/.test(start ?? '') || !/^\d+$/.test(end ?? '')) return "unable to parse param 'start'"
  return {
    service,
    operation: query.get('operation') ?? '',
    tags: JSON.parse(query.get('tags') ?? '{}') as Record<string, string>,
    fromMs: Number(start) / 1000,
    toMs: Number(end) / 1000,
    limit: Number(query.get('limit') ?? 100),
  }
}

/** Whole traces that have a span of this service and operation with these tags in this time, the newest first. */
function tracesFor(rows: readonly Row[], { service, operation, tags, fromMs, toMs, limit }: Wanted): Row[][] {
  const matching = rows.filter(({ service: own, span }) => {
    const startMs = Number(span.startTimeUnixNano) / 1e6
    const isNamed = own === service && (operation === '' || span.name === operation)
    return isNamed && startMs >= fromMs && startMs <= toMs && hasTags(span, tags)
  })
  const newestFirst = matching.toSorted((one, other) => Number(other.span.startTimeUnixNano) - Number(one.span.startTimeUnixNano))
  const ids = [...new Set(newestFirst.map(({ span }) => span.traceId))].slice(0, limit)
  return ids.map((id) => rows.filter(({ span }) => span.traceId === id))
}

function hasTags(span: StoredSpan, tags: Readonly<Record<string, string>>): boolean {
  return Object.entries(tags).every(([key, value]) =>
    key === 'error'
      ? String(span.status?.code === 2) === value
      : tagsOf(span).some((tag) => tag.key === key && String(tag.value) === value),
  )
}

function resourceSpans({ service, span }: Row): ResourceSpans {
  return {
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [{ spans: [span] }],
  }
}

function tagsOf({ attributes = [] }: StoredSpan): { key: string; type: string; value: unknown }[] {
  return attributes.map(({ key, value: typed }) => {
    const [kind = '', value] = Object.entries(typed)[0] ?? []
    const type = { stringValue: 'string', boolValue: 'bool', intValue: 'int64', doubleValue: 'float64' }[kind] ?? 'string'
    return { key, type, value: kind === 'intValue' ? Number(value) : value }
  })
}

/** A trace as Jaeger's own page reads it: times in microseconds, the error as a tag. */
function jaegerTrace(rows: readonly Row[]): object {
  return {
    traceID: rows[0]!.span.traceId,
    spans: rows.map(({ span }) => ({
      traceID: span.traceId,
      spanID: span.spanId,
      operationName: span.name,
      references: span.parentSpanId ? [{ refType: 'CHILD_OF', traceID: span.traceId, spanID: span.parentSpanId }] : [],
      startTime: Math.round(Number(span.startTimeUnixNano) / 1000),
      duration: Math.round((Number(span.endTimeUnixNano) - Number(span.startTimeUnixNano)) / 1000),
      tags: [
        ...tagsOf(span),
        ...(span.status?.code === 2
          ? [
              { key: 'otel.status_code', type: 'string', value: 'ERROR' },
              { key: 'error', type: 'bool', value: true },
            ]
          : []),
      ],
      logs: [],
      processID: 'p1',
      warnings: null,
    })),
    processes: { p1: { serviceName: rows[0]!.service, tags: [] } },
    warnings: null,
  }
}
