import type { DueEscalation, Escalated } from '../outbox/store.ts'
import { reserveOf, type RoutedChannel } from '../routing.ts'

/** What to do about a notice whose time is up. */
export type EscalationDecision =
  | { readonly kind: 'reached' }
  /** Nobody was reached: also tell these. */
  | { readonly kind: 'fallback'; readonly escalated: Escalated }
  /** Nobody was reached and nobody is left: the console must say it. */
  | { readonly kind: 'last-resort' }

export interface EscalationTimes {
  /** From the first try to the channels in reserve, and from there to the console. */
  readonly fallbackAfterMs: number
}

/** Decides who is told next when nobody may have been. */
export function decideEscalation(
  due: DueEscalation,
  channels: readonly RoutedChannel[],
  now: number,
  { fallbackAfterMs }: EscalationTimes,
): EscalationDecision {
  if (due.stage === 'fallback') {
    if (isReached(due, channels)) return { kind: 'reached' }
    const recipients = reserveOf(channels, due.deliveries)
    if (recipients.length > 0) {
      const next = { stage: 'last-resort', at: now + fallbackAfterMs } as const
      return { kind: 'fallback', escalated: { recipients, next } }
    }
  }
  if (due.deliveries.some(({ state }) => state === 'delivered')) return { kind: 'reached' }
  return { kind: 'last-resort' }
}

/** A delivery to a last resort (the console) counts only if there are no other channels. */
function isReached({ deliveries }: DueEscalation, channels: readonly RoutedChannel[]): boolean {
  const lastResorts = new Set(channels.filter(({ channel }) => channel.isLastResort === true).map(({ channel }) => channel.name))
  const counted = deliveries.filter(({ channel }) => !lastResorts.has(channel))
  return (counted.length > 0 ? counted : deliveries).some(({ state }) => state === 'delivered')
}
