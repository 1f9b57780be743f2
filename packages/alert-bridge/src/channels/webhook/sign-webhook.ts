import { createHmac } from 'node:crypto'

import type { Secret } from '@swarmwatch/config'

/** What is signed: who, when and what. */
export interface SignedContent {
  readonly id: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string
}

/**
 * The `webhook-signature` of Standard Webhooks, one signature for each key, so that keys can be exchanged without a gap. A key is
 * base64 after `whsec_`, any other text is taken as it is.
 */
export function signWebhook({ id, timestamp, body }: SignedContent, keys: readonly Secret[]): string {
  return keys
    .map((key) => `v1,${createHmac('sha256', keyBytes(key)).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
    .join(' ')
}

function keyBytes(key: Secret): Buffer {
  const text = key.reveal()
  return text.startsWith('whsec_') ? Buffer.from(text.slice('whsec_'.length), 'base64') : Buffer.from(text, 'utf8')
}
