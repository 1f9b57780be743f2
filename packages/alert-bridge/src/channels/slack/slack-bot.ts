import type { Secret } from '@swarmwatch/config'

import type { Delivery, DeliveryResult } from '../channel.ts'
import { wireId } from '../guarded-delivery.ts'
import type { Exchange } from '../http-channel.ts'
import { threadedDelivery, type ThreadResult } from '../incident-thread.ts'
import { type ChartLog, slackChartUpload } from './slack-chart.ts'
import { slackFailure, type SlackFailure } from './slack-failure.ts'
import { slackButtons, slackMessage, slackPlainText } from './slack-message.ts'

/** Settings of a bot: its token and its channel. */
export interface SlackBotSettings {
  readonly token: Secret
  readonly channel: string
  readonly apiUrl: string
  /** Reports why a chart was not uploaded. */
  readonly chartLog: ChartLog
}

/** The first message was deleted or can no longer be changed: the incident gets a new one. */
const goneErrors = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'thread_not_found',
  'cannot_reply_to_message',
])

/** Sends as a bot. An incident has one message that always shows its current state, and replies in the thread of the message. */
export function slackBot(
  { token, channel, apiUrl, chartLog }: SlackBotSettings,
  exchange: Exchange,
): (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult> {
  const api = slackApi(token, apiUrl, exchange)
  const upload = slackChartUpload({ token, apiUrl, exchange, log: chartLog })
  return threadedDelivery({ threadOf: (stored) => slackThread(stored, channel), begin, update, reply })

  async function begin(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const found = delivery.mayHaveArrived === true ? await findPosted(api, { channel }, wireId(delivery.id), signal) : undefined
    if (found !== undefined) return { kind: 'delivered', thread: { channel, ts: found, target: channel } }
    const posted = await withPlainText(delivery, (content) =>
      api('chat.postMessage', { channel, ...content, ...metadata(delivery) }, signal),
    )
    if (!posted.isOk) return posted.result
    const { channel: id, ts } = posted.data
    if (typeof ts !== 'string') return { kind: 'delivered' }
    const thread = { channel: typeof id === 'string' ? id : channel, ts, target: channel }
    upload(thread, delivery)
    return { kind: 'delivered', thread }
  }

  async function update(thread: SlackThread, delivery: Delivery, signal: AbortSignal): Promise<ThreadResult> {
    const updated = await withPlainText(delivery, (content) =>
      api('chat.update', { channel: thread.channel, ts: thread.ts, ...content }, signal),
    )
    return threadResult(updated)
  }

  async function reply(thread: SlackThread, delivery: Delivery, signal: AbortSignal): Promise<ThreadResult> {
    const place = { channel: thread.channel, threadTs: thread.ts }
    const found = delivery.mayHaveArrived === true ? await findPosted(api, place, wireId(delivery.id), signal) : undefined
    if (found !== undefined) return { kind: 'delivered' }
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
    if (posted.isOk) upload(thread, delivery)
    return threadResult(posted)
  }
}

function threadResult(reply: SlackReply): ThreadResult {
  if (reply.isOk) return { kind: 'delivered' }
  return goneErrors.has(reply.error) ? 'gone' : reply.result
}

/** Calls with blocks, and again with plain text if Slack refuses the blocks. */
async function withPlainText({ notice }: Delivery, call: (content: object) => Promise<SlackReply>): Promise<SlackReply> {
  const { text, blocks } = slackMessage(notice)
  const first = await call({ text, blocks: [...blocks, ...slackButtons(notice)] })
  // an update keeps the old blocks unless the list is empty
  return !first.isOk && first.isContent ? call({ text: slackPlainText(notice), blocks: [] }) : first
}

/** Marks the message so that a later attempt finds it, and stops Slack from fetching the links in the text. */
function metadata({ id }: Delivery): object {
  return {
    metadata: { event_type: eventType, event_payload: { delivery_id: wireId(id) } },
    unfurl_links: false,
    unfurl_media: false,
  }
}

/** Result of a method of the Web API. */
type SlackReply =
  | { readonly isOk: true; readonly data: Readonly<Record<string, unknown>> }
  | ({ readonly isOk: false } & Omit<SlackFailure, 'result'> & { readonly result: DeliveryResult })

/** Calls a method of the Web API; never rejects. */
type SlackApi = (method: string, body: unknown, signal: AbortSignal) => Promise<SlackReply>

/** Calls the Web API with the token of a bot. */
function slackApi(token: Secret, apiUrl: string, exchange: Exchange): SlackApi {
  return async (method, body, signal) => {
    const url = new URL(method, apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`).href
    const reply = await exchange<SlackReply>({ url, token: token.reveal(), body }, signal, (answer, now) =>
      // the Web API answers 200 also when a call failed
      answer.status === 200 && answer.json['ok'] === true
        ? { isOk: true, data: answer.json }
        : { isOk: false, ...slackFailure(answer, now) },
    )
    return 'isOk' in reply ? reply : { isOk: false, error: '', isContent: false, result: reply }
  }
}

/** A channel, or one thread of a channel. */
interface Place {
  readonly channel: string
  readonly threadTs?: string
}

/** Marks our messages in Slack's metadata. */
const eventType = 'swarmwatch_delivery'

const pageSize = 100

/**
 * Returns the `ts` of the message that an earlier attempt of this delivery posted, if it did. Undefined if none of the last 100
 * messages is from this delivery, or if the app may not read the history (scope `channels:history`).
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

/** The first message of an incident: later notices change it and are posted to its thread. */
interface SlackThread {
  /** Slack's id of the channel; `chat.update` accepts no name. */
  readonly channel: string
  readonly ts: string
  /** The channel in the settings at that time. If the settings name another channel now, the incident gets a new message there. */
  readonly target: string
}

/** Reads a stored thread; undefined for anything else and for the thread of another channel. */
function slackThread(stored: unknown, target: string): SlackThread | undefined {
  const { channel, ts, target: before } = (stored ?? {}) as Partial<SlackThread>
  return typeof channel === 'string' && typeof ts === 'string' && before === target ? { channel, ts, target } : undefined
}
