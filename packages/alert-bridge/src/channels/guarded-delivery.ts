import { createHash } from 'node:crypto'

import type { Secret } from '@swarmwatch/config'

import { patientTimeout } from '../clock.ts'
import type { Channel, Delivery, DeliveryResult } from './channel.ts'

/**
 * Wraps `send` so that it keeps the promises of a channel: it serves only its own recipients, an exception becomes a `retry`, and no
 * reason contains a secret.
 */
export function guardedDelivery(
  recipients: readonly string[],
  hide: HideSecrets,
  send: (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult>,
): Channel['deliver'] {
  return async (delivery, signal) => {
    if (!recipients.includes(delivery.recipient)) {
      return { kind: 'undeliverable', reason: 'the recipient is not in the settings of this channel' }
    }
    if (signal.aborted) return { kind: 'retry', reason: 'canceled before it was sent' }
    try {
      const result = await send(delivery, signal)
      return result.kind === 'delivered' ? result : { ...result, reason: hide(result.reason) }
    } catch (error) {
      // it is unknown how far the attempt came
      return { kind: 'retry', reason: hide(`unexpected ${String(error)}`), unknown: true }
    }
  }
}

/** Ends the requests of a channel when the channel is closed. */
export interface StopSignal {
  /** Aborts when `signal` aborts, when the channel is closed, and after `timeoutMs`. */
  during(signal: AbortSignal, timeoutMs: number): AbortSignal
  stop(): void
}

/** Creates the signal of one channel. */
export function stopSignal(): StopSignal {
  const closing = new AbortController()
  return {
    during: (signal, timeoutMs) => AbortSignal.any([signal, closing.signal, patientTimeout(timeoutMs)]),
    stop: () => closing.abort(new Error('the channel was closed')),
  }
}

/** An id that may be used in a header: the delivery's id if that is plain, otherwise its hash. Equal for equal ids. */
export function wireId(deliveryId: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(deliveryId)
    ? deliveryId
    : createHash('sha256').update(deliveryId).digest('hex').slice(0, 40)
}

/** Removes secrets from a reason, so that it may be stored and printed. */
export type HideSecrets = (text: string) => string

const max = 300
/** Short parts are words such as `services`, not secrets. */
const shortestPart = 8

/**
 * Makes a reason one ASCII line of at most 300 characters without these secrets: a server may well quote what it was sent. They
 * are found as they are, in base64 and percent-encoded; of an address also the longer parts of its path and query.
 */
export function hideSecrets(secrets: readonly (Secret | undefined)[]): HideSecrets {
  const hidden = secrets
    .filter((secret) => secret !== undefined)
    .map((secret) => secret.reveal())
    .filter((value) => value !== '')
    .flatMap(formsOf)
    .toSorted((a, b) => b.length - a.length)
  return (text) => {
    const clean = hidden.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    // eslint-disable-next-line no-control-regex
    const line = clean
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/[^\x20-\x7E]/g, '?')
      .trim()
    return line.length > max ? `${line.slice(0, max - 3)}...` : line
  }
}

function formsOf(value: string): string[] {
  return [value, ...partsOf(value)].flatMap((text) => [
    text,
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('base64url'),
    encodeURIComponent(text),
  ])
}

function partsOf(value: string): string[] {
  if (!/^https?:/i.test(value) || !URL.canParse(value)) return []
  const { href, pathname, search, searchParams, username, password } = new URL(value)
  const parts = [...pathname.split('/'), ...searchParams.values(), username, password].filter(
    (part) => part.length >= shortestPart,
  )
  return [href, ...[`${pathname}${search}`, pathname].filter((part) => part.length >= shortestPart), ...parts]
}
