import type { DeliveryResult } from '../channel.ts'
import { readRetryAfter } from '../request-failure.ts'
import type { JsonAnswer } from '../post-json.ts'

/** Slack's error code and its result; with `isContent`, plain text may succeed. */
export interface SlackFailure {
  readonly error: string
  readonly isContent: boolean
  readonly result: Exclude<DeliveryResult, { kind: 'delivered' }>
}

/** The message as it is cannot be shown. */
const contentErrors = words(`invalid_blocks invalid_blocks_format invalid_payload invalid_attachments too_many_attachments
  msg_blocks_too_long msg_too_long no_text invalid_metadata_format metadata_too_large invalid_arguments invalid_form_data`)

/** Nothing can be sent until someone fixes the settings, the app or the channel. */
const channelErrors = words(`invalid_auth not_authed account_inactive token_revoked token_expired missing_scope no_permission
  not_in_channel channel_not_found is_archived channel_is_archived restricted_action ekm_access_denied org_login_required
  team_access_not_granted action_prohibited invalid_token no_service no_team team_disabled no_active_hooks user_not_found
  posting_to_general_channel_denied access_denied not_allowed_token_type cannot_post_to_this_channel`)

/** Slack documents that part of the request may have been carried out. */
const unknownErrors = words('fatal_error internal_error request_timeout')

/** Result for a response other than success. Unknown error codes count as temporary. */
export function slackFailure(answer: JsonAnswer, now: Date): SlackFailure {
  const { status, text, json } = answer
  const error = typeof json['error'] === 'string' ? json['error'] : /^[a-z_]{3,60}$/.test(text.trim()) ? text.trim() : ''
  const isTaken = status < 300
  const reason = `Slack answered ${status}${isTaken ? ' without success' : ''}: ${error || text.slice(0, 100) || '(nothing)'}`
  const failure = (result: SlackFailure['result'], isContent = false): SlackFailure => ({ error, isContent, result })
  const isContent = contentErrors.has(error) && (status === 200 || status === 400)
  if (isContent) return failure({ kind: 'undeliverable', reason }, true)
  if (status === 429 || error === 'ratelimited' || error === 'rate_limited') {
    const header = answer.retryAfter ?? (typeof json['retry_after'] === 'number' ? String(json['retry_after']) : null)
    const seconds = readRetryAfter(header, now)
    return failure({ kind: 'retry', reason, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) })
  }
  if (channelErrors.has(error)) return failure({ kind: 'channel-down', reason })
  if (status >= 300 && status < 400) return failure({ kind: 'channel-down', reason: `${reason}; redirects are not followed` })
  if ([401, 403, 404, 410].includes(status)) return failure({ kind: 'channel-down', reason })
  if (status >= 400 && status < 500 && status !== 408) return failure({ kind: 'undeliverable', reason })
  const isUnknown = status >= 500 ? status !== 503 : unknownErrors.has(error)
  const seconds = readRetryAfter(answer.retryAfter, now)
  return failure({
    kind: 'retry',
    reason,
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    ...(isUnknown ? { unknown: true } : {}),
  })
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/))
}
