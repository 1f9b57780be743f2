import type { Secret, SlackChannel } from '@swarmwatch/config'

import { type Channel, type ChannelWorld, type Delivery, type DeliveryResult, realWorld } from '../channel.ts'
import { guardedDelivery, stopSignal } from '../guarded-delivery.ts'
import { hideSecrets } from '../hide-secrets.ts'
import { slackRequest } from '../post-json.ts'
import { connectionFailure } from '../request-failure.ts'
import { isAccepted } from '../webhook-answer.ts'
import { slackBot, type SlackLine } from './slack-bot.ts'
import { slackFailure, type SlackFailure } from './slack-failure.ts'
import { slackMessage, slackPlainText } from './slack-message.ts'

/** Settings of the Slack channel. */
export type SlackChannelSettings = SlackChannel & {
  /** Where the Web API lives. @default 'https://slack.com/api/' */
  readonly apiUrl?: string
  /** Most time for one request. @default 15_000 */
  readonly timeoutMs?: number
}

/** Posts to one Slack channel, one message at a time. Only a bot can keep an incident in a thread and mark it resolved. */
export function openSlackChannel(settings: SlackChannelSettings, world: Partial<ChannelWorld> = {}): Channel {
  const whole: ChannelWorld = { ...realWorld, ...world }
  const { name, timeoutMs = 15_000 } = settings
  const stopped = stopSignal()
  const line = { ...whole, during: (signal: AbortSignal) => stopped.during(signal, timeoutMs) }
  const recipients = [settings.botToken === undefined ? name : settings.channel]
  const send =
    settings.botToken === undefined
      ? incomingWebhook(settings.webhook, line)
      : slackBot(
          { token: settings.botToken, channel: settings.channel, apiUrl: settings.apiUrl ?? 'https://slack.com/api/' },
          line,
        )
  return {
    name,
    type: 'slack',
    recipients,
    // Slack takes about one message a second for a channel, and keeps the order only of what is sent one after the other
    concurrency: 1,
    deliver: guardedDelivery(recipients, hideSecrets([settings.webhook, settings.botToken]), send),
    close: async () => stopped.stop(),
  }
}

/** Sends through an incoming webhook: once with blocks and, if Slack dislikes those, once as plain text. */
function incomingWebhook(
  webhook: Secret,
  { fetch, now, during }: SlackLine,
): (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult> {
  return async ({ notice }, signal) => {
    const first = await post({ ...slackMessage(notice), unfurl_links: false, unfurl_media: false }, signal)
    if (!isContentFailure(first)) return resultOf(first)
    return resultOf(await post({ text: slackPlainText(notice), unfurl_links: false, unfurl_media: false }, signal))
  }

  async function post(body: unknown, signal: AbortSignal): Promise<DeliveryResult | SlackFailure> {
    try {
      const answer = await slackRequest({ url: webhook.reveal(), body }, fetch, during(signal))
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
