import type { ChannelOf } from '@swarmwatch/config'

import { markedUpText } from '../../message/marked-up-text.ts'
import type { Notice } from '../../message/notice.ts'
import { colourOf, signOf } from '../../message/notice-tone.ts'
import type { Channel, ChannelDependencies, DeliveryResult } from '../channel.ts'
import { openHttpChannel } from '../http-channel.ts'
import { escapeMarkdown, markdownLink } from '../markdown-text.ts'
import type { JsonAnswer } from '../post-json.ts'
import { messageFailure } from '../request-failure.ts'
import { isAccepted } from '../webhook-answer.ts'

/** Settings of a Mattermost channel. */
export interface MattermostChannelSettings extends Pick<ChannelOf<'mattermost'>, 'name' | 'webhook'> {
  /** Maximum time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/**
 * Posts attachments to an incoming webhook of Mattermost or Rocket.Chat, one at a time. Attachments that the server refuses are sent again
 * as text. Webhooks return no id of the message, so each notice is a new one.
 */
export function openMattermostChannel(
  settings: MattermostChannelSettings,
  dependencies: Partial<ChannelDependencies> = {},
): Channel {
  const { name, webhook, timeoutMs } = settings
  // Mattermost limits requests to ten per second by default, if at all
  const limits = { perSecond: 2, burst: 10 }
  return openHttpChannel({ name, limits, secrets: [webhook], timeoutMs }, dependencies, (exchange) => {
    const post = (body: MattermostMessage, signal: AbortSignal): Promise<DeliveryResult> =>
      exchange<DeliveryResult>({ url: webhook.reveal(), body }, signal, (answer, now) =>
        isAccepted(answer, JSON.stringify(body)) ? { kind: 'delivered' } : mattermostFailure(answer, now),
      )
    return async ({ notice }, signal) => {
      const result = await post(mattermostMessage(notice), signal)
      return result.kind === 'undeliverable' ? post(shortMattermostMessage(notice), signal) : result
    }
  })
}

/** The webhook, its channel or the server's settings must be fixed first: ids of Mattermost's errors, and words of Rocket.Chat's. */
const channelErrors =
  /^web\.incoming_webhook\.(?:invalid|disabled|permissions|channel|channel_locked|user|team)\.|^api\.(?:post|channel)\..*(?:archived|deleted|permissions)|invalid-channel|invalid-user|integration.*(?:disabled|invalid)|invalid integration/i

function mattermostFailure(answer: JsonAnswer, now: Date): DeliveryResult {
  const { status, json } = answer
  if (status < 300) return { kind: 'retry', reason: `the server answered ${status} without success`, unknown: true }
  const failure = messageFailure(answer, now, 'the server')
  const words = [json['id'], json['error'], json['errorType']].filter((value) => typeof value === 'string')
  if (words.some((text) => channelErrors.test(text))) return { kind: 'channel-down', reason: failure.reason }
  return failure
}

/** Body of an incoming webhook, as Mattermost and Rocket.Chat accept it. */
export interface MattermostMessage {
  /** Shown in notifications. */
  readonly text: string
  readonly attachments?: readonly { readonly fallback: string; readonly color: string; readonly text: string }[]
}

/** Mattermost accepts 16,383 characters of text, Rocket.Chat 5,000. */
const room = { headline: 300, body: 4_000 } as const

/** The notice as a line of text with an attachment. */
export function mattermostMessage(notice: Notice): MattermostMessage {
  const { headline, body } = textOf(notice)
  const text = `${signOf(notice)} **${headline}**`
  return body === '' ? { text } : { text, attachments: [{ fallback: headline, color: colourOf(notice), text: body }] }
}

/** The same without an attachment. */
function shortMattermostMessage(notice: Notice): MattermostMessage {
  const { headline, body } = textOf(notice)
  return { text: `**${headline}**\n\n${body}`.trim() }
}

function textOf(notice: Notice): ReturnType<typeof markedUpText> {
  return markedUpText(notice, { escape: escapeMarkdown, bold: (text) => `**${text}**`, link: markdownLink }, room)
}
