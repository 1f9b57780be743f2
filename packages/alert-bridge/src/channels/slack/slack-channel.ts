import type { Secret, SlackChannel } from '@swarmwatch/config'

import {
  type Channel,
  type ChannelDependencies,
  type Delivery,
  type DeliveryResult,
  type RateLimits,
  systemDependencies,
} from '../channel.ts'
import { type Exchange, openHttpChannel } from '../http-channel.ts'
import { isAccepted } from '../webhook-answer.ts'
import { slackBot } from './slack-bot.ts'
import { chartLog } from './slack-chart.ts'
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
  const { name, timeoutMs, webhook, botToken } = settings
  const recipients = [botToken === undefined ? name : settings.channel]
  return openHttpChannel(
    {
      name,
      recipients,
      limits: slackLimits,
      secrets: [webhook, botToken],
      timeoutMs,
      // an incoming webhook cannot upload a file
      showsCharts: botToken !== undefined,
    },
    dependencies,
    (exchange) =>
      settings.botToken === undefined
        ? incomingWebhook(settings.webhook, exchange)
        : slackBot(
            {
              token: settings.botToken,
              channel: settings.channel,
              apiUrl: settings.apiUrl ?? 'https://slack.com/api/',
              chartLog: chartLog({ ...systemDependencies, ...dependencies }, name),
            },
            exchange,
          ),
  )
}

/** Sends through an incoming webhook: with blocks, and again as plain text if Slack refuses the blocks. */
function incomingWebhook(
  webhook: Secret,
  exchange: Exchange,
): (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult> {
  return async ({ notice }, signal) => {
    const first = await post({ ...slackMessage(notice), unfurl_links: false, unfurl_media: false }, signal)
    if (!isContentFailure(first)) return resultOf(first)
    return resultOf(await post({ text: slackPlainText(notice), unfurl_links: false, unfurl_media: false }, signal))
  }

  function post(body: unknown, signal: AbortSignal): Promise<DeliveryResult | SlackFailure> {
    return exchange<DeliveryResult | SlackFailure>({ url: webhook.reveal(), body }, signal, (answer, now) =>
      isAccepted(answer, JSON.stringify(body)) ? { kind: 'delivered' } : slackFailure(answer, now),
    )
  }
}

function isContentFailure(outcome: DeliveryResult | SlackFailure): boolean {
  return 'isContent' in outcome && outcome.isContent
}

function resultOf(outcome: DeliveryResult | SlackFailure): DeliveryResult {
  return 'result' in outcome ? outcome.result : outcome
}
