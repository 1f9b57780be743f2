import type { ChannelOf } from '@swarmwatch/config'

import { escapedText, type Escape } from '../../message/escaped-text.ts'
import { markedUpText } from '../../message/marked-up-text.ts'
import { plainText } from '../../message/message-content.ts'
import type { Notice } from '../../message/notice.ts'
import { signOf } from '../../message/notice-tone.ts'
import type { Channel, ChannelDependencies, DeliveryResult } from '../channel.ts'
import { openHttpChannel } from '../http-channel.ts'
import { threadedDelivery, type ThreadResult } from '../incident-thread.ts'
import type { JsonAnswer } from '../post-json.ts'
import { messageFailure } from '../request-failure.ts'

/** Settings of a Telegram channel. */
export interface TelegramChannelSettings extends Pick<ChannelOf<'telegram'>, 'name' | 'botToken' | 'chat' | 'apiUrl'> {
  /** Maximum time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/**
 * Posts to one Telegram chat, one message at a time. Later notices of an incident change its first message, and reply to it. A message
 * whose markup Telegram refuses is sent again as plain text.
 */
export function openTelegramChannel(settings: TelegramChannelSettings, dependencies: Partial<ChannelDependencies> = {}): Channel {
  const { name, botToken, apiUrl, timeoutMs } = settings
  const recipients = [settings.chat]
  // a bot may send 20 messages a minute to a group, and one a second to a chat
  const limits = { perSecond: 0.3, burst: 3 }
  return openHttpChannel({ name, recipients, limits, secrets: [botToken], timeoutMs }, dependencies, (exchange) => {
    // a group that becomes a supergroup has another id
    let chat = settings.chat

    async function call(method: string, fields: object, signal: AbortSignal): Promise<TelegramReply> {
      const url = `${apiUrl.replace(/\/+$/, '')}/bot${botToken.reveal()}/${method}`
      const body = { chat_id: chat, link_preview_options: { is_disabled: true }, ...fields }
      const reply = await exchange({ url, body }, signal, telegramReply)
      return 'result' in reply ? reply : { result: reply }
    }

    async function send(method: string, notice: Notice, more: object, signal: AbortSignal): Promise<TelegramReply> {
      let reply = await call(method, { ...telegramMessage(notice), ...more }, signal)
      if (reply.movedTo !== undefined) {
        chat = reply.movedTo
        reply = await call(method, { ...telegramMessage(notice), ...more }, signal)
      }
      return reply.isContent === true ? call(method, { text: telegramPlainText(notice), ...more }, signal) : reply
    }

    async function post(notice: Notice, more: object, signal: AbortSignal): Promise<DeliveryResult> {
      const { result, message } = await send('sendMessage', notice, more, signal)
      const thread = { message, chat: settings.chat }
      return result.kind === 'delivered' && message !== undefined ? { kind: 'delivered', thread } : result
    }

    async function update({ message }: TelegramThread, notice: Notice, signal: AbortSignal): Promise<ThreadResult> {
      const { result, isGone = false } = await send('editMessageText', notice, { message_id: message }, signal)
      return isGone ? 'gone' : result
    }

    return threadedDelivery({
      threadOf: (stored) => telegramThread(stored, settings.chat),
      begin: ({ notice }, signal) => post(notice, {}, signal),
      update: (thread, { notice }, signal) => update(thread, notice, signal),
      reply: ({ message }, { notice }, signal) =>
        post(notice, { reply_parameters: { message_id: message, allow_sending_without_reply: true } }, signal),
    })
  })
}

/** The first message of an incident. */
interface TelegramThread {
  readonly message: number
  /** The chat in the settings at that time. */
  readonly chat: string
}

function telegramThread(stored: unknown, chat: string): TelegramThread | undefined {
  const { message, chat: before } = (stored ?? {}) as Partial<TelegramThread>
  return Number.isSafeInteger(message) && before === chat ? { message: message!, chat } : undefined
}

interface TelegramReply {
  readonly result: DeliveryResult
  /** The id of the message that was posted. */
  readonly message?: number
  /** The id that the chat has now. */
  readonly movedTo?: string
  /** Plain text may succeed. */
  readonly isContent?: boolean
  /** The message to change was deleted, or is too old. */
  readonly isGone?: boolean
}

/** Descriptions of errors; Telegram has no codes for them. */
const content =
  /can't parse entities|message is too long|MESSAGE_TOO_LONG|message text is empty|text must be (?:non-empty|encoded)|ENTITY/i
const gone = /message to edit not found|message can't be edited|MESSAGE_ID_INVALID|message identifier is not specified/i
const unchanged = /message is not modified/i
/** The chat, or the rights of the bot in it, must be fixed first. */
const channel =
  /chat not found|chat_id is empty|PEER_ID_INVALID|CHAT_\w+_(?:REQUIRED|FORBIDDEN|RESTRICTED)|CHAT_RESTRICTED|TOPIC_CLOSED|message thread not found|(?:not enough|have no) rights|need administrator rights|group chat was (?:upgraded|deactivated)|bot is not a member|bot can't/i

function telegramReply(answer: JsonAnswer, now: Date): TelegramReply {
  const { status, json } = answer
  if (status === 200 && json['ok'] === true) {
    const { message_id: message } = (json['result'] ?? {}) as { readonly message_id?: unknown }
    return { result: { kind: 'delivered' }, ...(typeof message === 'number' && { message }) }
  }
  if (status < 300) return { result: { kind: 'retry', reason: `Telegram answered ${status} without success`, unknown: true } }
  const description = typeof json['description'] === 'string' ? json['description'] : ''
  const { retry_after: wait, migrate_to_chat_id: movedTo } = (json['parameters'] ?? {}) as Readonly<Record<string, unknown>>
  const retryAfter = status === 429 && typeof wait === 'number' ? String(wait) : answer.retryAfter
  const failure = messageFailure({ ...answer, retryAfter }, now, 'Telegram')
  if (status === 400) {
    if (unchanged.test(description)) return { result: { kind: 'delivered' } }
    if (Number.isSafeInteger(movedTo)) {
      return { result: { kind: 'channel-down', reason: failure.reason }, movedTo: String(movedTo) }
    }
    if (gone.test(description)) return { result: failure, isGone: true }
    if (content.test(description)) return { result: failure, isContent: true }
    if (channel.test(description)) return { result: { kind: 'channel-down', reason: failure.reason } }
  }
  return { result: failure }
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Escapes a character for Telegram's HTML. A character without width after `@` keeps a name from being a mention. */
const escapeHtml: Escape = (character, before) => (character === '@' ? neutralAt(before) : (entities[character] ?? character))

function neutralAt(before: string | undefined): string {
  return before === undefined || !/[\p{L}\p{N}.]/u.test(before) ? '@\u200B' : '@'
}

/** Text of a message, and how it is marked up. */
export interface TelegramMessage {
  readonly text: string
  readonly parse_mode: 'HTML'
}

/** Telegram accepts 4,096 characters without the markup. */
const room = { headline: 250, body: 3_600, plain: 3_900 } as const

/** The notice in the HTML of Telegram. */
export function telegramMessage(notice: Notice): TelegramMessage {
  const { headline, body } = markedUpText(
    notice,
    {
      escape: escapeHtml,
      bold: (text) => `<b>${text}</b>`,
      link: (words, url) => `<a href="${url.replaceAll('&', '&amp;')}">${words}</a>`,
    },
    room,
  )
  return { text: [`${signOf(notice)} <b>${headline}</b>`, body].filter((part) => part !== '').join('\n\n'), parse_mode: 'HTML' }
}

/** The notice as plain text, for a message whose markup Telegram refuses. */
function telegramPlainText(notice: Notice): string {
  const text = plainText(notice).text.trim()
  return escapedText(text, room.plain, { escape: (character, before) => (character === '@' ? neutralAt(before) : character) })
}
