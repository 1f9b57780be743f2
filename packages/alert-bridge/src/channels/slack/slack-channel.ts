import type { Secret, SlackChannel } from '@swarmwatch/config'

import {
  type Channel,
  type ChannelDependencies,
  type Delivery,
  type DeliveryResult,
  type RateLimits,
  systemDependencies,
} from '../channel.ts'
import { guardedDelivery, hideSecrets, stopSignal } from '../guarded-delivery.ts'
import { postJson } from '../post-json.ts'
import { connectionFailure } from '../request-failure.ts'
import { isAccepted } from '../webhook-answer.ts'
import { slackBot, type SlackConnection } from './slack-bot.ts'
import { slackFailure, type SlackFailure } from './slack-failure.ts'
import { slackMessage, slackPlainText } from './slack-message.ts'

/** Settings of a Slack channel. */
export type SlackChannelSettings = SlackChannel & {
  /** Address of the Web API. @default 'https://slack.com/api/' */
  readonly apiUrl?: string
  /** Maximum time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/** Slack accepts about one message per second and channel, with short bursts; with more it hides messages or disables the app. */
const slackLimits: RateLimits = { perSecond: 1, burst: 5 }

/** Posts to one Slack channel, one message at a time. Only a bot can keep an incident in a thread and mark it resolved. */
export function openSlackChannel(settings: SlackChannelSettings, dependencies: Partial<ChannelDependencies> = {}): Channel {
  const { fetch, now } = { ...systemDependencies, ...dependencies }
  const { name, timeoutMs = 15_000 } = settings
  const stopped = stopSignal()
  const connection = { fetch, now, during: (signal: AbortSignal) => stopped.during(signal, timeoutMs) }
  const recipients = [settings.botToken === undefined ? name : settings.channel]
  const send =
    settings.botToken === undefined
      ? incomingWebhook(settings.webhook, connection)
      : slackBot(
          { token: settings.botToken, channel: settings.channel, apiUrl: settings.apiUrl ?? 'https://slack.com/api/' },
          connection,
        )
  return {
    name,
    recipients,
    // Slack keeps the order only of messages that are sent one after the other
    concurrency: 1,
    limits: slackLimits,
    deliver: guardedDelivery(recipients, hideSecrets([settings.webhook, settings.botToken]), send),
    close: async () => stopped.stop(),
  }
}

/** Sends through an incoming webhook: with blocks, and again as plain text if Slack refuses the blocks. */
function incomingWebhook(
  webhook: Secret,
  { fetch, now, during }: SlackConnection,
): (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult> {
  return async ({ notice }, signal) => {
    const first = await post({ ...slackMessage(notice), unfurl_links: false, unfurl_media: false }, signal)
    if (!isContentFailure(first)) return resultOf(first)
    return resultOf(await post({ text: slackPlainText(notice), unfurl_links: false, unfurl_media: false }, signal))
  }

  async function post(body: unknown, signal: AbortSignal): Promise<DeliveryResult | SlackFailure> {
    try {
      const answer = await postJson({ url: webhook.reveal(), body }, fetch, during(signal))
      return isAccepted(answer, JSON.stringify(body)) ? { kind: 'delivered' } : slackFailure(answer, now())
    } catch (error) {
      return connectionFailure(error, true)
    }
  }
}

function isContentFailure(outcome: DeliveryResult | SlackFailure): boolean {
  return 'isContent' in outcome && outcome.isContent
}

function resultOf(outcome: DeliveryResult | SlackFailure): DeliveryResult {
  return 'result' in outcome ? outcome.result : outcome
}
