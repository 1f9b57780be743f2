import type { Secret } from '@swarmwatch/config'

import { slackMessage, slackPlainText } from '../../message/slack-blocks.ts'
import type { Delivery, DeliveryResult } from '../channel.ts'
import { connectionFailure } from '../connection-failure.ts'
import { slackFailure, type SlackFailure } from './slack-failure.ts'
import type { SlackLine } from './slack-line.ts'
import { slackRequest } from './slack-request.ts'
import { isAccepted } from './webhook-answer.ts'

/** Sends through an incoming webhook: once with blocks and, if Slack dislikes those, once as plain text. */
export function incomingWebhook(
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
