import type { SlackApi } from './slack-api.ts'

/** Where to look: a channel, or one thread of it. */
export interface Place {
  readonly channel: string
  readonly threadTs?: string
}

/** Names our messages in Slack's metadata. */
export const eventType = 'swarmwatch_delivery'

const pageSize = 100

/**
 * The ts of a message that an earlier try of this delivery posted after all; undefined if there is none among the last 100, or
 * the app may not look (that needs `channels:history`).
 */
export async function findPosted(
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
