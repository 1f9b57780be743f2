import type { ChannelOf } from '@swarmwatch/config'

import { markedUpText } from '../../message/marked-up-text.ts'
import type { Notice } from '../../message/notice.ts'
import { colourOf } from '../../message/notice-tone.ts'
import type { Channel, ChannelDependencies, DeliveryResult } from '../channel.ts'
import { openHttpChannel } from '../http-channel.ts'
import { threadedDelivery } from '../incident-thread.ts'
import { escapeMarkdown, markdownLink, markdownText } from '../markdown-text.ts'
import type { JsonAnswer } from '../post-json.ts'
import { messageFailure } from '../request-failure.ts'

/** Settings of a Discord channel. */
export interface DiscordChannelSettings extends Pick<ChannelOf<'discord'>, 'name' | 'webhook'> {
  /** Maximum time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/**
 * Posts embeds to the webhook of a Discord channel, one at a time. Later notices of an incident change its first message, and are posted,
 * too. An embed that Discord refuses is sent again as plain text.
 */
export function openDiscordChannel(settings: DiscordChannelSettings, dependencies: Partial<ChannelDependencies> = {}): Channel {
  const { name, webhook, timeoutMs } = settings
  // Discord accepts 30 messages a minute in a channel, and five requests in two seconds from a webhook
  const limits = { perSecond: 0.5, burst: 3 }
  return openHttpChannel({ name, limits, secrets: [webhook], timeoutMs }, dependencies, (exchange) => {
    /** With `message`, changes that message. */
    async function post(body: DiscordMessage, signal: AbortSignal, message?: string): Promise<DiscordReply> {
      const method = message === undefined ? 'POST' : 'PATCH'
      const url = requestUrl(webhook.reveal(), message)
      const reply = await exchange({ url, method, body }, signal, discordReply)
      return 'result' in reply ? reply : { result: reply }
    }

    async function send(notice: Notice, signal: AbortSignal, message?: string): Promise<DiscordReply> {
      const reply = await post(discordMessage(notice), signal, message)
      return reply.code === invalidForm ? post(shortDiscordMessage(notice), signal, message) : reply
    }

    return threadedDelivery({
      threadOf: discordThread,
      begin: async ({ notice }, signal) => (await send(notice, signal)).result,
      update: async ({ message }, { notice }, signal) => {
        const { code, result } = await send(notice, signal, message)
        return code !== undefined && goneCodes.has(code) ? 'gone' : result
      },
      reply: async (_thread, { notice }, signal) => (await send(notice, signal)).result,
    })
  })
}

/** The first message of an incident. */
interface DiscordThread {
  readonly message: string
}

function discordThread(stored: unknown): DiscordThread | undefined {
  const { message } = (stored ?? {}) as Partial<DiscordThread>
  return typeof message === 'string' && /^\d{1,25}$/.test(message) ? { message } : undefined
}

/** `wait` makes Discord answer with the message, and report errors. A `thread_id` in the address of the webhook is kept. */
function requestUrl(webhook: string, message: string | undefined): string {
  const url = new URL(webhook)
  if (message === undefined) url.searchParams.set('wait', 'true')
  else url.pathname = `${url.pathname.replace(/\/$/, '')}/messages/${message}`
  return url.href
}

interface DiscordReply {
  /** Discord's error code. */
  readonly code?: number | undefined
  readonly result: DeliveryResult
}

/** Error code for a message that breaks a limit. */
const invalidForm = 50_035
/** The message was deleted, belongs to another webhook, or was edited too often. */
const goneCodes: ReadonlySet<number> = new Set([10_008, 50_005, 30_046])
/** The webhook, its channel or its thread must be fixed first: unknown, without permission, archived, or in need of a thread. */
const channelCodes: ReadonlySet<number> = new Set([10_003, 10_015, 50_001, 50_013, 50_027, 50_083, 220_001, 220_003])

function discordReply(answer: JsonAnswer, now: Date): DiscordReply {
  const { status, json } = answer
  const { id, code: errorCode, retry_after: wait } = json
  if (status === 200 && typeof id === 'string') return { result: { kind: 'delivered', thread: { message: id } } }
  const code = typeof errorCode === 'number' ? errorCode : undefined
  if (status < 300) {
    return { code, result: { kind: 'retry', reason: `Discord answered ${status} without the message`, unknown: true } }
  }
  // the body has fractions of a second; a page of Cloudflare has only the header
  const retryAfter = status === 429 && typeof wait === 'number' ? String(wait) : answer.retryAfter
  const failure = messageFailure({ ...answer, retryAfter }, now, 'Discord')
  if (code !== undefined && channelCodes.has(code)) return { code, result: { kind: 'channel-down', reason: failure.reason } }
  return { code, result: failure }
}

/** Body of a message of a webhook. */
export interface DiscordMessage {
  readonly content: string
  readonly embeds: readonly DiscordEmbed[]
  /** Discord notifies no one because of a text, whatever it contains. */
  readonly allowed_mentions: { readonly parse: readonly [] }
}

/** The part of an embed that messages use. */
export interface DiscordEmbed {
  readonly title: string
  readonly description?: string
  readonly color: number
}

/** Discord refuses more: 256 for a title, 4,096 for a description, 6,000 in all embeds, 2,000 for a message. */
const room = { headline: 250, body: 4_000, plain: 1_900 } as const

/** The notice as an embed. */
export function discordMessage(notice: Notice): DiscordMessage {
  const markup = { escape: escapeMarkdown, bold: (text: string) => `**${text}**`, link: markdownLink }
  const { headline, body } = markedUpText(notice, markup, room)
  return {
    content: '',
    embeds: [
      { title: headline, ...(body !== '' && { description: body }), color: Number.parseInt(colourOf(notice).slice(1), 16) },
    ],
    allowed_mentions: { parse: [] },
  }
}

/** The beginning of the message as text, for an embed that Discord refuses. */
function shortDiscordMessage(notice: Notice): DiscordMessage {
  const { headline, body } = markedUpText(notice, {}, room)
  return { content: markdownText(`${headline}\n${body}`, room.plain), embeds: [], allowed_mentions: { parse: [] } }
}
