import type { DeliveryResult } from '../channel.ts'
import { retryAfterSeconds } from '../retry-after.ts'
import type { WebhookAnswer } from './webhook-request.ts'

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
