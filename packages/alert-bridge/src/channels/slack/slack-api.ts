import type { Secret } from '@swarmwatch/config'

import type { DeliveryResult } from '../channel.ts'
import { connectionFailure } from '../connection-failure.ts'
import { slackFailure, type SlackFailure } from './slack-failure.ts'
import type { SlackLine } from './slack-line.ts'
import { slackRequest } from './slack-request.ts'

/** What a method of the Web API gave: its data, or why not. */
export type SlackReply =
  | { readonly isOk: true; readonly data: Readonly<Record<string, unknown>> }
  | ({ readonly isOk: false } & Omit<SlackFailure, 'result'> & { readonly result: DeliveryResult })

/** Calls a method of the Web API; never rejects. */
export type SlackApi = (method: string, body: unknown, signal: AbortSignal) => Promise<SlackReply>

/** The Web API with a bot's token. */
export function slackApi(token: Secret, apiUrl: string, { fetch, now, during }: SlackLine): SlackApi {
  return async (method, body, signal) => {
    try {
      const url = new URL(method, apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`).href
      const answer = await slackRequest({ url, token: token.reveal(), body }, fetch, during(signal))
      // the Web API says with 200 that something failed
      if (answer.status === 200 && answer.json['ok'] === true) return { isOk: true, data: answer.json }
      return { isOk: false, ...slackFailure(answer, now()) }
    } catch (error) {
      return { isOk: false, error: '', isContent: false, result: connectionFailure(error, true) }
    }
  }
}
