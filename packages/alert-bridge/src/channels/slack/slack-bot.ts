import type { Secret } from '@swarmwatch/config'

import { slackMessage, slackPlainText } from '../../message/slack-blocks.ts'
import type { Delivery, DeliveryResult } from '../channel.ts'
import { wireId } from '../wire-id.ts'
import { eventType, findPosted } from './find-posted.ts'
import { slackApi, type SlackReply } from './slack-api.ts'
import type { SlackLine } from './slack-line.ts'
import { slackThread, type SlackThread } from './slack-thread.ts'

/** Who posts, and where. */
export interface SlackBotSettings {
  readonly token: Secret
  readonly channel: string
  readonly apiUrl: string
}

/** The first message is gone or can be changed no more: the incident gets a new one. */
const goneErrors = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'thread_not_found',
  'cannot_reply_to_message',
])

/**
 * Sends as a bot. An incident has one message that always shows how it stands; what people should notice (still going on,
 * resolved) is also said in its thread, since Slack tells nobody of a change.
 */
export function slackBot(
  { token, channel, apiUrl }: SlackBotSettings,
  line: SlackLine,
): (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult> {
  const api = slackApi(token, apiUrl, line)
  return async (delivery, signal) => {
    const thread = slackThread(delivery.thread, channel)
    if (thread === undefined) return begin(delivery, signal)
    const updated = await withPlainText(delivery, (content) =>
      api('chat.update', { channel: thread.channel, ts: thread.ts, ...content }, signal),
    )
    if (!updated.isOk) return goneErrors.has(updated.error) ? begin(delivery, signal) : updated.result
    // a digest only changes its numbers
    return delivery.notice.kind === 'digest' ? { kind: 'delivered', thread } : answer(delivery, thread, signal)
  }

  async function begin(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const found = delivery.mayHaveArrived === true ? await findPosted(api, { channel }, wireId(delivery.id), signal) : undefined
    if (found !== undefined) return { kind: 'delivered', thread: { channel, ts: found, target: channel } }
    const posted = await withPlainText(delivery, (content) =>
      api('chat.postMessage', { channel, ...content, ...metadata(delivery) }, signal),
    )
    if (!posted.isOk) return posted.result
    const { channel: id, ts } = posted.data
    if (typeof ts !== 'string') return { kind: 'delivered' }
    return { kind: 'delivered', thread: { channel: typeof id === 'string' ? id : channel, ts, target: channel } }
  }

  async function answer(delivery: Delivery, thread: SlackThread, signal: AbortSignal): Promise<DeliveryResult> {
    const place = { channel: thread.channel, threadTs: thread.ts }
    const found = delivery.mayHaveArrived === true ? await findPosted(api, place, wireId(delivery.id), signal) : undefined
    if (found !== undefined) return { kind: 'delivered', thread }
    const { text } = slackMessage(delivery.notice)
    const isLoud = delivery.notice.severity === 'critical'
    const posted = await api(
      'chat.postMessage',
      {
        channel: thread.channel,
        thread_ts: thread.ts,
        text,
        ...(isLoud ? { reply_broadcast: true } : {}),
        ...metadata(delivery),
      },
      signal,
    )
    if (posted.isOk) return { kind: 'delivered', thread }
    return goneErrors.has(posted.error) ? begin(delivery, signal) : posted.result
  }
}

/** Once with blocks and, if Slack dislikes those, once as plain text. */
async function withPlainText({ notice }: Delivery, call: (content: object) => Promise<SlackReply>): Promise<SlackReply> {
  const first = await call(slackMessage(notice))
  // an empty list takes away the blocks that an update would else keep
  return !first.isOk && first.isContent ? call({ text: slackPlainText(notice), blocks: [] }) : first
}

/** Lets a later try find this message, and keeps Slack from fetching what the text links to. */
function metadata({ id }: Delivery): object {
  return {
    metadata: { event_type: eventType, event_payload: { delivery_id: wireId(id) } },
    unfurl_links: false,
    unfurl_media: false,
  }
}
