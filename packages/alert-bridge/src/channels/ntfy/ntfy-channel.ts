import { type ChannelOf, Secret } from '@swarmwatch/config'

import { escapedText } from '../../message/escaped-text.ts'
import { headlineOf, markedUpText } from '../../message/marked-up-text.ts'
import { contentOf } from '../../message/message-content.ts'
import type { Notice } from '../../message/notice.ts'
import { toneOf } from '../../message/notice-tone.ts'
import type { Channel, ChannelDependencies, DeliveryResult } from '../channel.ts'
import { wireId } from '../guarded-delivery.ts'
import { openHttpChannel } from '../http-channel.ts'
import type { JsonAnswer } from '../post-json.ts'
import { messageFailure, statusFailure } from '../request-failure.ts'

/** Settings of an ntfy channel. */
export interface NtfyChannelSettings extends Pick<ChannelOf<'ntfy'>, 'name' | 'url' | 'token'> {
  /** Maximum time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/** Publishes to one topic, one message at a time. Later notices of an incident replace its notification on the devices. */
export function openNtfyChannel(settings: NtfyChannelSettings, dependencies: Partial<ChannelDependencies> = {}): Channel {
  const { name, token, timeoutMs } = settings
  const { topic, server } = addressOf(settings.url.reveal())
  const secrets = [settings.url, token, new Secret(topic)]
  // ntfy.sh accepts 60 requests at once and one in five seconds after that
  const limits = { perSecond: 0.2, burst: 20 }
  const login = token === undefined ? {} : { token: token.reveal() }
  return openHttpChannel(
    { name, limits, secrets, timeoutMs },
    dependencies,
    (exchange) =>
      ({ notice }, signal) =>
        exchange<DeliveryResult>({ url: server, body: ntfyMessage(notice, topic), ...login }, signal, (answer, now) =>
          // the answer is the message with an id of its own
          answer.status === 200 && typeof answer.json['id'] === 'string' ? { kind: 'delivered' } : ntfyFailure(answer, now),
        ),
  )
}

/** JSON is published to the root of the server, with the topic in it. */
function addressOf(url: string): { readonly topic: string; readonly server: string } {
  const { origin, pathname } = new URL(url)
  const slash = pathname.lastIndexOf('/')
  return { topic: pathname.slice(slash + 1), server: `${origin}${pathname.slice(0, slash + 1)}` }
}

/** Daily quota of messages: the next message is accepted at midnight UTC at the earliest. */
const quotaReached = 42_908
/** The topic has a name that the server does not accept. */
const topicErrors: ReadonlySet<unknown> = new Set([40_009, 40_010])
const insufficientStorage = 507

function ntfyFailure(answer: JsonAnswer, now: Date): DeliveryResult {
  const { status, json } = answer
  if (status < 300) return { kind: 'retry', reason: `ntfy answered ${status} without the message`, unknown: true }
  const failure = (status === insufficientStorage ? statusFailure : messageFailure)(answer, now, 'ntfy')
  const code = json['code']
  if (code === quotaReached || topicErrors.has(code)) return { kind: 'channel-down', reason: failure.reason }
  return failure
}

/** Body of a request to publish JSON. */
export interface NtfyMessage {
  readonly topic: string
  readonly title: string
  readonly message: string
  /** 1 to 5; 5 also sounds in silent mode. */
  readonly priority: number
  /** Names of emojis. */
  readonly tags: readonly string[]
  /** Address that opens with the notification. */
  readonly click?: string
  readonly actions: readonly { readonly action: 'view'; readonly label: string; readonly url: string }[]
  /** A later message with the same id replaces the notification, from version 2.16 of ntfy on. */
  readonly sequence_id: string
}

/**
 * ntfy accepts 4,096 bytes of text, 1 kB of title, three actions and 8,192 bytes of JSON. A longer text becomes an attachment, which not
 * every server accepts.
 */
const max = { title: 700, message: 3_600, label: 90, url: 700, actions: 3 } as const

/** Bytes that a piece of text takes in JSON, which are never fewer than its own. */
const bytesInJson = (piece: string): number => Buffer.byteLength(JSON.stringify(piece)) - '""'.length

/** The notice as a message of ntfy, as plain text. */
export function ntfyMessage(notice: Notice, topic: string): NtfyMessage {
  const content = contentOf(notice)
  const { firstStep, links } = content
  const { body } = markedUpText(notice, { measure: bytesInJson }, { headline: 0, body: max.message })
  const shown = [firstStep?.link, ...links].flatMap((one) => (one !== undefined && bytesInJson(one.url) <= max.url ? [one] : []))
  return {
    topic,
    title: escapedText(headlineOf(content), max.title, { measure: bytesInJson }),
    // without a text, ntfy would show "triggered"
    message: body === '' ? escapedText(headlineOf(content), max.title, { measure: bytesInJson }) : body,
    priority: priorities[toneOf(notice)],
    tags: [tagOf(notice)],
    ...(shown[0] !== undefined && { click: shown[0].url }),
    actions: shown.slice(0, max.actions).map(({ name, url }) => ({
      action: 'view',
      label: escapedText(name, max.label, { measure: bytesInJson }),
      url,
    })),
    sequence_id: wireId(notice.incidentKey),
  }
}

const priorities = { over: 3, critical: 5, warning: 4, info: 3 } as const
const dots = { over: 'green_circle', critical: 'red_circle', warning: 'yellow_circle', info: 'large_blue_circle' } as const

function tagOf(notice: Notice): string {
  return notice.kind === 'drill' ? 'test_tube' : dots[toneOf(notice)]
}
