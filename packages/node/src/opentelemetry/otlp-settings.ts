import { readFileSync } from 'node:fs'

import { type Environment, openVariables, type Problem, type VariableReader } from '@swarmwatch/config'
import { oneLine, oneOf, readable, readVariables, type Settings } from '@swarmwatch/config/settings'

import { aboveZero, processVariables, readOtelVariables } from './otel-variables.ts'

/** The data that can be exported by OTLP. */
export type Signal = 'traces' | 'metrics' | 'logs'

/** The target of a signal by OTLP (http/protobuf). */
export interface OtlpTarget {
  readonly url: string
  /** Names in lower case. Values are secrets. */
  readonly headers: Readonly<Record<string, string>>
  /** For one export with its retries. @default 10000, as in the specification */
  readonly timeoutMs: number
  /** @default none */
  readonly compression?: 'gzip'
  readonly certificates: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }
}

/** The settings of the export. */
export interface OtlpSettings {
  /** Absent signals are not exported. */
  readonly targets: { readonly [Name in Signal]?: OtlpTarget }
  /** Requested settings that have no effect, one line each. */
  readonly notices: readonly string[]
  /** Reasons why nothing can be exported at all. */
  readonly problems: readonly Problem[]
}

/**
 * Reads `OTEL_EXPORTER_OTLP_*`, `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER` and
 * `OTEL_LOGS_EXPORTER`. A signal is exported if an endpoint is set for it and its exporter is not
 * `none`; logs only with `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`, because there are no others. `token` is sent as bearer
 * token and overrides an `authorization` of the environment.
 */
export function otlpSettings(env: Environment, token?: string): OtlpSettings {
  const notices: string[] = []
  const problems: Problem[] = []
  const variables = openVariables(env, () => '', problems, { trims: true })
  const targets: { [Name in Signal]?: OtlpTarget } = {}
  const hasLogs = readOtelVariables(processVariables, env).exceptionSignal !== undefined
  for (const signal of hasLogs ? (['traces', 'metrics', 'logs'] as const) : (['traces', 'metrics'] as const)) {
    const target = isWanted(variables, signal, notices) ? readTarget(variables, signal, notices, problems) : undefined
    if (target !== undefined) targets[signal] = token === undefined ? target : withToken(target, token)
  }
  // a variable for all signals is read several times
  const byPath = new Map(problems.map((problem) => [problem.path, problem]))
  return { targets, notices: [...new Set(notices)], problems: [...byPath.values()] }
}

function withToken(target: OtlpTarget, token: string): OtlpTarget {
  return { ...target, headers: { ...target.headers, authorization: `Bearer ${token}` } }
}

function isWanted(variables: VariableReader, signal: Signal, notices: string[]): boolean {
  const name = `OTEL_${signal.toUpperCase()}_EXPORTER`
  const wanted = (variables.plain(name)?.text ?? 'otlp').split(',').map((word) => word.trim())
  const known = signal === 'metrics' ? ['otlp', 'none', 'prometheus'] : ['otlp', 'none']
  const unknown = wanted.filter((word) => !known.includes(word))
  if (unknown.length > 0) notices.push(`${name} offers ${known.join(', ')}; ${unknown.join(', ')} is ignored`)
  return wanted.includes('otlp')
}

interface TargetVariables {
  readonly endpoint: URL | undefined
  readonly protocol: string
  readonly timeoutMs: number
  readonly compression: 'gzip' | 'none'
  readonly ca: Buffer | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly commonHeaders: Readonly<Record<string, string>>
}

const prefix = 'OTEL_EXPORTER_OTLP_'
const file = readable('must name a file that can be read', (path) => {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
})
const headers = readable('must be key=value,key=value', parsePairs)

function targetVariables(variables: VariableReader, signal: Signal): Settings<TargetVariables> {
  // the variable of all signals is not read where a signal has its own, even an invalid one
  const named = (suffix: string): { readonly variable: string } => {
    const own = `${prefix}${signal.toUpperCase()}_${suffix}`
    return { variable: variables.plain(own) === undefined ? `${prefix}${suffix}` : own }
  }
  return {
    endpoint: {
      about: 'Address of the Collector.',
      ...named('ENDPOINT'),
      // an invalid address is not shown, since it may contain a password or token
      value: readable('must be an http:// or https:// address', httpUrl, true),
      orFile: false,
      default: undefined,
    },
    protocol: {
      about: 'Protocol; only http/protobuf is offered.',
      ...named('PROTOCOL'),
      value: oneLine,
      default: 'http/protobuf',
    },
    timeoutMs: {
      about: 'Milliseconds for one export with its retries.',
      ...named('TIMEOUT'),
      value: aboveZero('must be a number of milliseconds above 0'),
      isLenient: true,
      default: 10_000,
    },
    compression: {
      about: 'Compression.',
      ...named('COMPRESSION'),
      value: oneOf(['gzip', 'none']),
      isLenient: true,
      default: 'none',
    },
    ca: { about: 'Certificates of the authorities (PEM).', ...named('CERTIFICATE'), value: file, default: undefined },
    cert: { about: 'Certificate of the client (PEM).', ...named('CLIENT_CERTIFICATE'), value: file, default: undefined },
    key: { about: 'Key of the client (PEM).', ...named('CLIENT_KEY'), value: file, default: undefined },
    headers: { about: 'Headers of one signal.', ...named('HEADERS'), value: headers, default: {} },
    commonHeaders: { about: 'Headers of all signals.', variable: `${prefix}HEADERS`, value: headers, default: {} },
  }
}

function readTarget(variables: VariableReader, signal: Signal, notices: string[], problems: Problem[]): OtlpTarget | undefined {
  const definitions = targetVariables(variables, signal)
  const { variable: endpointName = '' } = definitions.endpoint
  if (variables.plain(endpointName) === undefined) return undefined
  const { values } = readVariables(definitions, variables, problems, notices)
  const { endpoint, protocol, timeoutMs, compression, ca, cert, key } = values
  if (protocol !== 'http/protobuf')
    notices.push(`OTLP over ${protocol} is not offered: http/protobuf is used (a Collector takes it on port 4318)`)
  if (endpoint === undefined) return undefined
  if (endpoint.port === '4317')
    notices.push(
      `${endpointName} names port 4317, where a Collector takes gRPC, which is not offered: set its port for HTTP, 4318`,
    )
  return {
    url: endpointName === `${prefix}ENDPOINT` ? `${endpoint.href.replace(/\/$/, '')}/v1/${signal}` : endpoint.href,
    headers: { ...values.commonHeaders, ...values.headers },
    timeoutMs,
    ...(compression === 'gzip' && { compression }),
    certificates: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  }
}

function httpUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined
}

/** `key=value,key=value` with percent-encoded values; an unreadable pair is left out. */
function parsePairs(text: string): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = {}
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=')
    if (at < 1) continue
    try {
      pairs[pair.slice(0, at).trim().toLowerCase()] = decodeURIComponent(pair.slice(at + 1).trim())
    } catch {
      // not percent-encoded: left out; the 401 of the Collector shows it
    }
  }
  return pairs
}
