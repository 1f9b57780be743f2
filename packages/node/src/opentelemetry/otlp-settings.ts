import { readFileSync } from 'node:fs'

import { type Problem, shownValue } from '@swarmwatch/config'

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>
/** What can go out by OTLP. */
export type Signal = 'traces' | 'metrics'

/** Where a signal goes by OTLP (http/protobuf), and how. */
export interface OtlpTarget {
  readonly url: string
  /** Names in lower case. Values are secrets. */
  readonly headers: Readonly<Record<string, string>>
  /** For one export with its retries. @default 10000, as the specification says */
  readonly timeoutMs: number
  /** Absent: none. */
  readonly compression?: 'gzip'
  readonly certificates: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }
}

/** What the environment says of the export. */
export interface OtlpSettings {
  /** Absent signals are not exported. */
  readonly targets: { readonly [Name in Signal]?: OtlpTarget }
  /** What was asked for and is not done, one line each. */
  readonly notices: readonly string[]
  /** Why nothing can be exported at all. */
  readonly problems: readonly Problem[]
}

/**
 * Reads `OTEL_EXPORTER_OTLP_*`, `OTEL_TRACES_EXPORTER` and `OTEL_METRICS_EXPORTER`. A signal is exported when an endpoint is set for it and its
 * exporter is not `none`. `token` goes out as bearer token and wins over an `authorization` of the environment.
 */
export function otlpSettings(env: Environment, token?: string): OtlpSettings {
  const notices = new Set<string>()
  const problems = new Map<string, Problem>()
  const targets: { [Name in Signal]?: OtlpTarget } = {}
  for (const signal of ['traces', 'metrics'] as const) {
    const target = isWanted(env, signal, notices) ? readTarget(env, signal, notices, problems) : undefined
    if (target !== undefined) targets[signal] = token === undefined ? target : withToken(target, token)
  }
  return { targets, notices: [...notices], problems: [...problems.values()] }
}

function withToken(target: OtlpTarget, token: string): OtlpTarget {
  return { ...target, headers: { ...target.headers, authorization: `Bearer ${token}` } }
}

/** An empty variable counts as unset. */
function read(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}

function isWanted(env: Environment, signal: Signal, notices: Set<string>): boolean {
  const name = `OTEL_${signal.toUpperCase()}_EXPORTER`
  const wanted = (read(env, name) ?? 'otlp').split(',').map((word) => word.trim())
  const known = signal === 'metrics' ? ['otlp', 'none', 'prometheus'] : ['otlp', 'none']
  const unknown = wanted.filter((word) => !known.includes(word))
  if (unknown.length > 0) notices.add(`${name} offers ${known.join(', ')}; ${unknown.join(', ')} is ignored`)
  return wanted.includes('otlp')
}

function readTarget(
  env: Environment,
  signal: Signal,
  notices: Set<string>,
  problems: Map<string, Problem>,
): OtlpTarget | undefined {
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}`
  const either = (suffix: string): readonly [name: string, value: string | undefined] =>
    read(env, `${own}_${suffix}`) === undefined
      ? [`OTEL_EXPORTER_OTLP_${suffix}`, read(env, `OTEL_EXPORTER_OTLP_${suffix}`)]
      : [`${own}_${suffix}`, read(env, `${own}_${suffix}`)]

  const [endpointName, endpoint] = either('ENDPOINT')
  if (endpoint === undefined) return undefined
  const url = toUrl(endpoint, endpointName.startsWith(own) ? '' : `v1/${signal}`)
  if (url === undefined) problems.set(endpointName, { path: endpointName, rule: 'must be an http:// or https:// address' })

  const [, protocol = 'http/protobuf'] = either('PROTOCOL')
  if (protocol !== 'http/protobuf')
    notices.add(`OTLP over ${protocol} is not offered: http/protobuf is used (a Collector takes it on port 4318)`)
  if (url !== undefined && new URL(url).port === '4317')
    notices.add(
      `${endpointName} names port 4317, where a Collector takes gRPC, which is not offered: set its port for HTTP, 4318`,
    )

  const [timeoutName, timeout] = either('TIMEOUT')
  const timeoutMs = timeout === undefined ? 10_000 : Number(timeout)
  const isTimeout = Number.isFinite(timeoutMs) && timeoutMs > 0
  if (!isTimeout)
    notices.add(`${timeoutName} must be a number of milliseconds above 0, got ${shownValue(timeout)}; 10000 is used`)

  const [compressionName, compression = 'none'] = either('COMPRESSION')
  if (compression !== 'gzip' && compression !== 'none')
    notices.add(`${compressionName} must be gzip or none, got ${shownValue(compression)}; none is used`)

  const certificate = (suffix: string): Buffer | undefined => {
    const [name, path] = either(suffix)
    if (path === undefined) return undefined
    try {
      return readFileSync(path)
    } catch {
      problems.set(name, { path: name, rule: 'must name a file that can be read', value: `"${path}"` })
      return undefined
    }
  }
  const ca = certificate('CERTIFICATE')
  const cert = certificate('CLIENT_CERTIFICATE')
  const key = certificate('CLIENT_KEY')
  if (url === undefined) return undefined
  return {
    url,
    headers: { ...parsePairs(read(env, 'OTEL_EXPORTER_OTLP_HEADERS')), ...parsePairs(read(env, `${own}_HEADERS`)) },
    timeoutMs: isTimeout ? timeoutMs : 10_000,
    ...(compression === 'gzip' && { compression }),
    certificates: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  }
}

function toUrl(endpoint: string, path: string): string | undefined {
  const url = URL.parse(path === '' ? endpoint : `${endpoint.replace(/\/$/, '')}/${path}`)
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : undefined
}

/** `key=value,key=value` with percent-encoded values; a pair that cannot be read is left out. */
function parsePairs(text: string | undefined): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const pair of (text ?? '').split(',')) {
    const at = pair.indexOf('=')
    if (at < 1) continue
    try {
      pairs[pair.slice(0, at).trim().toLowerCase()] = decodeURIComponent(pair.slice(at + 1).trim())
    } catch {
      // not percent-encoded: left out, and the collector's 401 tells
    }
  }
  return pairs
}
