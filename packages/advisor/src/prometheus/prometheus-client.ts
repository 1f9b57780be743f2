import { asciiOnly, type Secret } from '@swarmwatch/config'

/** Address of a Prometheus HTTP API and the login to it. */
export interface PrometheusAddress {
  /** Base of the API without `/api/v1`: `http://prometheus:9090`, `https://mimir.example.com/prometheus`. */
  readonly url: string
  /** Bearer token; comes before `user` and `password`. */
  readonly token?: Secret | undefined
  readonly user?: string | undefined
  readonly password?: Secret | undefined
  /** Tenant of Mimir or Cortex, sent as `X-Scope-OrgID`. */
  readonly tenant?: string | undefined
}

/** Options of {@link openPrometheus}. */
export interface PrometheusOptions {
  /** Limit for one answer, in milliseconds. @default 30000 */
  readonly timeoutMs?: number
  /** The longest answer that is read, in bytes; a longer one counts as `too-much`. @default 32 MiB */
  readonly maxBytes?: number
  /** Ends every request. */
  readonly signal?: AbortSignal | undefined
  readonly fetch?: typeof globalThis.fetch
}

/** Labels of a series by name. */
export type Labels = Readonly<Record<string, string>>

/** One series of an answer: pairs of a time in seconds and a value. */
export interface Series {
  readonly labels: Labels
  readonly samples: readonly (readonly [seconds: number, value: number])[]
}

/** Times of a range query, in seconds since 1970. */
export interface QueryRange {
  readonly start: number
  readonly end: number
  readonly step: number
}

/** Reads the HTTP API of Prometheus, or of Mimir, Thanos or VictoriaMetrics. */
export interface Prometheus {
  /** Result of a query at one time. Rejects with {@link PrometheusError}. */
  query(expr: string, atSeconds: number): Promise<readonly Series[]>
  /**
   * Result of a query over a range, as a sequence of slices with at most `maxSteps` steps each; a slice that is too
   * much for the server is asked for again in halves. Rejects with {@link PrometheusError}.
   */
  queryRange(expr: string, range: QueryRange, options?: { readonly maxSteps?: number }): AsyncIterable<readonly Series[]>
}

/** Why Prometheus did not answer. */
export type PrometheusErrorReason = 'unreachable' | 'slow' | 'login' | 'not-prometheus' | 'too-much' | 'query' | 'failing'

/** Prometheus did not answer a query. The message is one sentence with a cure and without credentials. */
export class PrometheusError extends Error {
  override readonly name = 'PrometheusError'
  readonly reason: PrometheusErrorReason

  constructor(reason: PrometheusErrorReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Opens the API; nothing is sent before the first query. */
export function openPrometheus(address: PrometheusAddress, options: PrometheusOptions = {}): Prometheus {
  const { timeoutMs = 30_000, maxBytes = 32 * 1024 ** 2, signal, fetch = globalThis.fetch } = options
  const url = new URL(address.url)
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}/api/v1/`
  const headers = headersOf(address)
  const where = `Prometheus at ${url.host}`

  async function ask(path: string, parameters: Readonly<Record<string, string>>): Promise<readonly Series[]> {
    const limit = AbortSignal.timeout(timeoutMs)
    try {
      const response = await fetch(base + path, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ ...parameters, timeout: `${Math.ceil(timeoutMs / 1_000)}s` }).toString(),
        redirect: 'manual',
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      })
      const text = await boundedText(response, maxBytes)
      if (text === undefined) throw new PrometheusError('too-much', `${where} answered with more than ${maxBytes} bytes`)
      return read(response.status, text, where)
    } catch (error) {
      if (error instanceof PrometheusError) throw error
      signal?.throwIfAborted()
      if (limit.aborted) {
        const message = `${where} did not answer within ${timeoutMs / 1_000} s; is it overloaded?`
        throw new PrometheusError('slow', message, { cause: error })
      }
      const message = `${where} cannot be reached (${codeOf(error)}); is it running, and is PROMETHEUS_URL correct?`
      throw new PrometheusError('unreachable', message, { cause: error })
    }
  }

  async function* slices(query: string, range: QueryRange, maxSteps: number): AsyncIterable<readonly Series[]> {
    const steps = Math.floor((range.end - range.start) / range.step) + 1
    if (steps > maxSteps) {
      yield* parts(query, range, maxSteps, maxSteps)
      return
    }
    const { start, end, step } = range
    try {
      yield await ask('query_range', { query, start: String(start), end: String(end), step: String(step) })
    } catch (error) {
      const isTooMuch = error instanceof PrometheusError && ['too-much', 'slow'].includes(error.reason)
      if (!isTooMuch || steps <= 1) throw error
      yield* parts(query, range, Math.ceil(steps / 2), Math.ceil(steps / 2))
    }
  }

  async function* parts(query: string, range: QueryRange, size: number, maxSteps: number): AsyncIterable<readonly Series[]> {
    const { step } = range
    for (let start = range.start; start <= range.end; start += size * step) {
      yield* slices(query, { start, end: Math.min(start + (size - 1) * step, range.end), step }, maxSteps)
    }
  }

  return {
    query: (query, atSeconds) => ask('query', { query, time: String(atSeconds) }),
    queryRange: (query, range, { maxSteps = 168 } = {}) => slices(query, range, maxSteps),
  }
}

function headersOf({ token, user, password, tenant }: PrometheusAddress): Readonly<Record<string, string>> {
  const login =
    token !== undefined
      ? `Bearer ${token.reveal()}`
      : user === undefined
        ? undefined
        : `Basic ${Buffer.from(`${user}:${password?.reveal() ?? ''}`).toString('base64')}`
  return {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    ...(login !== undefined && { authorization: login }),
    ...(tenant !== undefined && { 'x-scope-orgid': tenant }),
  }
}

async function boundedText(response: Response, maxBytes: number): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.byteLength
    if (bytes > maxBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

interface Answer {
  readonly status?: unknown
  readonly error?: unknown
  readonly data?: { readonly result?: unknown }
}

interface Result {
  readonly metric?: Labels
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

function read(status: number, text: string, where: string): readonly Series[] {
  if (status === 401 || status === 403) {
    const cure = 'check PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD'
    throw new PrometheusError('login', `${where} refuses the login (${status}); ${cure}`)
  }
  if (status === 413) throw new PrometheusError('too-much', `${where} refuses the query as too large (413)`)
  const answer = parsed(text)
  if (answer?.status === 'error') {
    const words = asciiOnly(String(answer.error).replace(/\s+/g, ' ').slice(0, 300))
    const isTooMuch = /too many samples|exceeded maximum resolution|limit|memory/i.test(words)
    const isSlow = status === 503 && /timed? ?out/i.test(words)
    const reason = isTooMuch ? 'too-much' : isSlow ? 'slow' : status >= 500 ? 'failing' : 'query'
    throw new PrometheusError(reason, `${where} rejects a query (${status}): ${words}`)
  }
  if (status >= 500) throw new PrometheusError('failing', `${where} fails (${status}); try again later`)
  if (!Array.isArray(answer?.data?.result)) {
    const cure = 'PROMETHEUS_URL must be the address to which /api/v1/query can be appended'
    throw new PrometheusError('not-prometheus', `${where} has no Prometheus API (${status}); ${cure}`)
  }
  return (answer.data.result as readonly Result[]).map(({ metric = {}, value, values = value ? [value] : [] }) => ({
    labels: metric,
    samples: values.map(([seconds, number]) => [seconds, Number(number)] as const),
  }))
}

function parsed(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Code of the system's error, never its message, which may contain the address. */
function codeOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code
  }
  return 'network error'
}
