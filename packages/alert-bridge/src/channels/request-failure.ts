import type { DeliveryResult } from './channel.ts'
import type { WebhookAnswer } from './webhook/webhook-request.ts'

/** Somebody has to renew, or trust, a certificate: trying again does not help. */
const certificate =
  /CERT|SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|certificate|self.signed|unable to verify|unable to get (local )?issuer/i

/** With these codes no connection came about, so nothing can have arrived. */
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

/** What an error of a connection means. `mayHaveArrived` tells whether the message was on its way when it came. */
export function connectionFailure(error: unknown, mayHaveArrived: boolean): DeliveryResult {
  const { code, message } = innermost(error)
  const reason = code === undefined || message.includes(code) ? message : `${message} (${code})`
  if (isCertificateProblem(`${code} ${message}`))
    return { kind: 'channel-down', reason: `the certificate was refused: ${reason}` }
  const isUnknown = mayHaveArrived && !notConnected.has(code)
  return { kind: 'retry', reason, ...(isUnknown ? { unknown: true } : {}) }
}

/** Whether the words or the code of an error speak of a certificate. */
export function isCertificateProblem(words: string): boolean {
  return certificate.test(words)
}

/** fetch says only "fetch failed"; the cause says why. A host with several addresses has a list of causes. */
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

const longest = 3_600

/** The seconds of a `Retry-After` header (a number or a date), at most an hour: nobody may silence alerts for a day. */
export function retryAfterSeconds(header: string | null | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? ''
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1_000
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 0), longest)
}

/** The endpoint is gone, moved or does not know us: no message gets through until somebody mends the settings or the endpoint. */
const channelStatuses = new Set([401, 403, 404, 405, 407, 410])
/** It would take the same message at another time. */
const laterStatuses = new Set([408, 425, 429])

/** What an answer other than 2xx means. */
export function webhookFailure({ status, retryAfter, text }: WebhookAnswer, now: Date): DeliveryResult {
  const reason = `the endpoint answered ${status}${text === '' ? '' : `: ${text.slice(0, 200)}`}`
  if (status >= 300 && status < 400) return { kind: 'channel-down', reason: `${reason}; redirects are not followed` }
  if (channelStatuses.has(status)) return { kind: 'channel-down', reason }
  if (status >= 400 && status < 500 && !laterStatuses.has(status)) return { kind: 'undeliverable', reason }
  const seconds = retryAfterSeconds(retryAfter, now)
  return { kind: 'retry', reason, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) }
}
