import type { Secret } from '@swarmwatch/config'

import type { ChannelWorld, Delivery, DeliveryResult } from '../channel.ts'
import { wireId } from '../guarded-delivery.ts'
import { slackRequest } from '../post-json.ts'
import { connectionFailure } from '../request-failure.ts'
import { slackFailure, type SlackFailure } from './slack-failure.ts'
import { slackMessage, slackPlainText } from './slack-message.ts'

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

/** What a method of the Web API gave: its data, or why not. */
export type SlackReply =
  | { readonly isOk: true; readonly data: Readonly<Record<string, unknown>> }
  | ({ readonly isOk: false } & Omit<SlackFailure, 'result'> & { readonly result: DeliveryResult })

/** Calls a method of the Web API; never rejects. */
export type SlackApi = (method: string, body: unknown, signal: AbortSignal) => Promise<SlackReply>

/** The Web API with a bot's token. */
function slackApi(token: Secret, apiUrl: string, { fetch, now, during }: SlackLine): SlackApi {
  return async (method, body, signal) => {
    try {
      const url = new URL(method, apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`).href
      const answer = await slackRequest({ url, token: token.reveal(), body }, fetch, during(signal))
      // the Web API says with 200 that something failed
      if (answer.status === 200 && answer.json['ok'] === true) return { isOk: true, data: answer.json }
      return { isOk: false, ...slackFailure(answer, now()) }
    } catch (error) {
      return { isOk: false, error: '', isContent: false, result: connectionFailure(error, true) }
    }
  }
}

/** Where to look: a channel, or one thread of it. */
export interface Place {
  readonly channel: string
  readonly threadTs?: string
}

/** Names our messages in Slack's metadata. */
const eventType = 'swarmwatch_delivery'

const pageSize = 100

/**
 * The ts of a message that an earlier try of this delivery posted after all; undefined if there is none among the last 100, or
 * the app may not look (that needs `channels:history`).
 */
async function findPosted(
  api: SlackApi,
  { channel, threadTs }: Place,
  deliveryId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const query = { channel, limit: pageSize, include_all_metadata: true }
  const reply =
    threadTs === undefined
      ? await api('conversations.history', query, signal)
      : await api('conversations.replies', { ...query, ts: threadTs }, signal)
  const messages: unknown = reply.isOk ? reply.data['messages'] : []
  const found = (Array.isArray(messages) ? (messages as Posted[]) : []).find(
    ({ metadata }) => metadata?.event_type === eventType && metadata.event_payload?.delivery_id === deliveryId,
  )
  return found?.ts
}

interface Posted {
  readonly ts?: string
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: { readonly delivery_id?: string } }
}

/** The first message of an incident: later ones change it and answer it. */
export interface SlackThread {
  /** Slack's id of the channel; chat.update takes no name. */
  readonly channel: string
  readonly ts: string
  /** The channel as the settings named it then: with another one the incident begins anew there. */
  readonly target: string
}

/** The thread as an earlier delivery gave it back, or undefined for anything else and for another channel. */
function slackThread(stored: unknown, target: string): SlackThread | undefined {
  const { channel, ts, target: before } = (stored ?? {}) as Partial<SlackThread>
  return typeof channel === 'string' && typeof ts === 'string' && before === target ? { channel, ts, target } : undefined
}

/** The world, and the time that one request may take. */
export interface SlackLine extends Pick<ChannelWorld, 'fetch' | 'now'> {
  readonly during: (signal: AbortSignal) => AbortSignal
}
