import { asciiOnly } from '@swarmwatch/config'

import { errorWord } from '../error-word.ts'
import type { BridgeAddress } from './bridge-address.ts'
import type { NotableEvent } from './event-arguments.ts'

/** Whether the bridge has it now, in words that show no token. */
export interface SentEvent {
  readonly isTaken: boolean
  readonly words: string
}

/** Posts an event to the alert bridge; never rejects. */
export async function sendEvent(
  { url, token }: BridgeAddress,
  event: NotableEvent,
  { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {},
): Promise<SentEvent> {
  const endpoint = `${url.origin}${url.pathname.replace(/\/+$/, '')}/api/v1/events`
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(event),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const body = await response.text()
    return response.ok
      ? { isTaken: true, words: `the bridge at ${url.host} has the event${isKnown(body) ? ', and had it before' : ''}` }
      : { isTaken: false, words: `the bridge at ${url.host} ${refusal(response.status, body)}` }
  } catch (error) {
    return {
      isTaken: false,
      words: `the bridge at ${url.host} cannot be reached (${errorWord(error)}); is it running, and is BRIDGE_URL right?`,
    }
  }
}

function isKnown(body: string): boolean {
  return /"duplicate"\s*:\s*true/.test(body)
}

function refusal(status: number, body: string): string {
  if (status === 401 || status === 403) return `refuses the token (${status}); is BRIDGE_TOKEN right?`
  if (status === 404 || status === 405) return `has no events endpoint (${status}); is BRIDGE_URL the address of an alert bridge?`
  if (status >= 500) return `cannot take the event now (${status}); try again later`
  if (status < 400) return `redirects (${status}); set BRIDGE_URL to where it really is`
  const words = asciiOnly(body.trim().replace(/\s+/g, ' ').slice(0, 300))
  return `does not take the event (${status})${words === '' ? '' : `: ${words}`}`
}
