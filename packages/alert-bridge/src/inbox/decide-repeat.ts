import type { Known } from '../store/store.ts'

/** How long the same content counts as told; must be below Alertmanager's `repeat_interval`. */
export const duplicateWindowMs: number = 5 * 60_000
/** Alertmanager loses up to 15 min of what it has sent when it is killed, and then says it all again. */
const resendWindowMs = 60 * 60_000

/** What it is to receive some content: the first time, again on purpose, or again because of a retry or a peer. */
export type Repetition =
  | { readonly kind: 'new' }
  | { readonly kind: 'repeat'; readonly intervalMs: number }
  | { readonly kind: 'duplicate'; readonly duplicate: DuplicateKind }

/** `retry`: from the same Alertmanager; `peer`: from another one; `resend`: it forgot that it had told us; `event`: the same key. */
export type DuplicateKind = 'retry' | 'peer' | 'resend' | 'event'
export const duplicateKinds: readonly DuplicateKind[] = ['retry', 'peer', 'resend', 'event']

export interface Arrival {
  readonly receivedAt: number
  readonly sender: string
  /** `notification_reason` of Alertmanager 0.32 and later. */
  readonly reason?: string | undefined
}

/** Tells a wanted repeat from a duplicate. */
export function decideRepeat(seen: Known['seen'], { receivedAt, sender, reason }: Arrival): Repetition {
  if (seen === undefined) return { kind: 'new' }
  // a clock that was set back makes the past look like the future; beyond the window that must not silence anybody
  const ageMs = receivedAt - seen.toldAt
  if (Math.abs(ageMs) < duplicateWindowMs) return { kind: 'duplicate', duplicate: seen.sender === sender ? 'retry' : 'peer' }
  if (ageMs < 0) return { kind: 'repeat', intervalMs: duplicateWindowMs }
  // a late peer: less than half of the time between the last two repeats
  const isEarly = reason === 'repeat interval elapsed' && ageMs < (seen.intervalMs ?? 0) / 2
  if (isEarly) return { kind: 'duplicate', duplicate: seen.sender === sender ? 'retry' : 'peer' }
  const isForgotten = reason === 'first notification' || reason === 'all alerts resolved'
  if (isForgotten && ageMs < resendWindowMs) return { kind: 'duplicate', duplicate: 'resend' }
  return { kind: 'repeat', intervalMs: ageMs }
}
