import { createHmac } from 'node:crypto'

import { isSameText, type Secret } from '@swarmwatch/config'

/** A request is accepted this long after Slack signed it. */
const windowSeconds = 5 * 60

/** A request that may come from Slack. */
export interface SignedRequest {
  /** Header `x-slack-request-timestamp`. */
  readonly timestamp: string | undefined
  /** Header `x-slack-signature`. */
  readonly signature: string | undefined
  readonly body: Uint8Array
}

/** Whether Slack has signed the request with the signing secret of the app (version v0), within the last five minutes. */
export function isFromSlack({ timestamp = '', signature = '', body }: SignedRequest, secret: Secret, now: number): boolean {
  const isRecent = /^\d{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= windowSeconds
  const expected = createHmac('sha256', secret.reveal()).update(`v0:${timestamp}:`).update(body).digest('hex')
  return isSameText(`v0=${expected}`, signature) && isRecent
}
