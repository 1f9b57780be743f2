import type { DeliveryResult } from './channel.ts'

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
