import type { DeliveryResult } from '../channel.ts'
import { connectionFailure, isCertificateProblem } from '../request-failure.ts'

/** Properties of nodemailer's errors. */
interface SmtpError {
  readonly code?: string
  readonly responseCode?: number
  readonly command?: string
  readonly message?: string
  readonly rejectedErrors?: readonly unknown[]
}

/** The log-in, the encryption or the settings are wrong: no mail can be sent until someone fixes that. */
const channelCodes = new Set<string | undefined>(['ETLS', 'EAUTH', 'ENOAUTH', 'EOAUTH2', 'EREQUIRETLS', 'ECONFIG'])
/** Replies that require a (different) log-in. */
const logInReplies = new Set([530, 534, 535, 538])

/** Result for a failed attempt. `hasBegun`: some of the mail's text had been sent. */
export function mailFailure(error: unknown, hasBegun: boolean): DeliveryResult {
  const { code, responseCode = 0, message = '', rejectedErrors = [] } = error as SmtpError
  if (channelCodes.has(code)) {
    // 454: the server cannot check the password at the moment
    return { kind: code === 'EAUTH' && isTransient(responseCode) ? 'retry' : 'channel-down', reason: message }
  }
  if (rejectedErrors[0] !== undefined) return refusal(rejectedErrors[0])
  const isRefused = responseCode > 0 || code === 'EENVELOPE' || code === 'EMESSAGE'
  return isRefused && !isCertificateProblem(message) ? refusal(error) : connectionFailure(error, hasBegun)
}

/** Result for a reply that refuses the mail, by RFC 5321: 4yz later, 5yz never, except 503, which is about the order of commands. */
export function refusal(error: unknown): DeliveryResult {
  const { responseCode = 0, command, message = '' } = error as SmtpError
  if (isTransient(responseCode)) return { kind: 'retry', reason: message }
  // the sender's address is the same for all mail; 552 is about the size of this one
  const concernsAll = logInReplies.has(responseCode) || (command === 'MAIL FROM' && responseCode >= 500 && responseCode !== 552)
  return { kind: concernsAll ? 'channel-down' : 'undeliverable', reason: message }
}

function isTransient(responseCode: number): boolean {
  return (responseCode >= 400 && responseCode < 500) || responseCode === 503
}
