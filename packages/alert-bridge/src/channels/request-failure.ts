import type { DeliveryResult } from './channel.ts'

/** A certificate must be renewed or trusted first; another attempt does not help. */
const certificate =
  /CERT|SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|certificate|self.signed|unable to verify|unable to get (local )?issuer/i

/** Codes of errors that occur before there is a connection, so nothing can have arrived. */
const notConnected = new Set<string | undefined>([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Result for an error of a connection. `mayHaveArrived`: the error came when the message had been sent, at least in part. */
export function connectionFailure(error: unknown, mayHaveArrived: boolean): DeliveryResult {
  const { code, message } = innermost(error)
  const reason = code === undefined || message.includes(code) ? message : `${message} (${code})`
  if (isCertificateProblem(`${code} ${message}`))
    return { kind: 'channel-down', reason: `the certificate was refused: ${reason}` }
  const refusal = proxyRefusal(error)
  if (refusal !== undefined) return refusal
  const isUnknown = mayHaveArrived && !notConnected.has(code)
  return { kind: 'retry', reason, ...(isUnknown ? { unknown: true } : {}) }
}

/** A proxy that refuses to connect, as undici and nodemailer report it; nothing has arrived. */
const proxyAnswer = /^(?:Proxy response \(|Invalid response from proxy: )(\d{3})/

function proxyRefusal(error: unknown): DeliveryResult | undefined {
  const { message } = innermost(error)
  // fetch returns no response with this status
  const status = /proxy authentication required/i.test(message) ? 407 : Number(proxyAnswer.exec(message)?.[1])
  if (Number.isNaN(status)) return undefined
  if (status === 407) return { kind: 'channel-down', reason: 'the proxy answered 407: it refuses the user name or the password' }
  const reason = `the proxy answered ${status} instead of connecting`
  return { kind: status >= 400 && status < 500 && !laterStatuses.has(status) ? 'channel-down' : 'retry', reason }
}

/** Whether the message or the code of an error is about a certificate. */
export function isCertificateProblem(words: string): boolean {
  return certificate.test(words)
}

/** fetch reports only "fetch failed"; the cause has the reason. A host with several addresses has a list of causes. */
function innermost(error: unknown): { code: string | undefined; message: string } {
  let inner: unknown = error
  while (inner instanceof Error) {
    const next: unknown = inner instanceof AggregateError ? inner.errors[0] : inner.cause
    if (!(next instanceof Error)) break
    inner = next
  }
  const { code, message, name } = inner as { code?: unknown; message?: string; name?: string }
  return { code: typeof code === 'string' ? code : undefined, message: message || name || 'connection failed' }
}

/** The parts of an HTTP response that decide what a failure means. */
export interface FailedAnswer {
  readonly status: number
  readonly retryAfter: string | null | undefined
  readonly text: string
}

/** The endpoint is gone, has moved, or does not accept our credentials: no message gets through until the settings or the endpoint change. */
const channelStatuses = new Set([401, 403, 404, 405, 407, 410])
/** The endpoint would accept the same message at another time. */
const laterStatuses = new Set([408, 425, 429])

/** Result for an HTTP response other than success. @param endpoint how the reason names the sender of the response */
export function statusFailure(
  { status, retryAfter, text }: FailedAnswer,
  now: Date,
  endpoint = 'the endpoint',
): Exclude<DeliveryResult, { kind: 'delivered' }> {
  const reason = `${endpoint} answered ${status}${text === '' ? '' : `: ${text.slice(0, 200)}`}`
  if (status >= 300 && status < 400) return { kind: 'channel-down', reason: `${reason}; redirects are not followed` }
  if (channelStatuses.has(status)) return { kind: 'channel-down', reason }
  if (status >= 400 && status < 500 && !laterStatuses.has(status)) return { kind: 'undeliverable', reason }
  const seconds = readRetryAfter(retryAfter, now)
  return { kind: 'retry', reason, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) }
}

/** The same for a service that may have posted the message although it answers with an error of its own; after a 503 it did not take it. */
export function messageFailure(answer: FailedAnswer, now: Date, endpoint: string): ReturnType<typeof statusFailure> {
  const isUnknown = answer.status >= 500 && answer.status !== 503
  return { ...statusFailure(answer, now, endpoint), ...(isUnknown && { unknown: true }) }
}

const maxRetryAfterSeconds = 3_600

/** The seconds of a `Retry-After` header (a number or a date), at most one hour: no provider may stop alerts for a day. */
export function readRetryAfter(header: string | null | undefined, now: Date): number | undefined {
  if (!header) return undefined
  const text = header.trim()
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1_000
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 0), maxRetryAfterSeconds)
}
