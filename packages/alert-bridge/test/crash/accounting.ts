import type { StoredDelivery } from '../../src/outbox/store.ts'
import { step } from '../escalation/moved-clock.ts'

/** Environment of a bridge that also sends two steps for each alert: at once to both recipients of the alert, and a second later to another one. */
export const twoSteps: Readonly<Record<string, string>> = {
  ESCALATION: JSON.stringify([
    step(0, { channels: ['sink'], severities: ['warning'] }),
    step(1, { recipients: ['c@example.com'], severities: ['warning'] }),
  ]),
}

/** Fate of the acknowledged alerts. */
export interface Account {
  /** Ids that did not reach both recipients and are no dead letters. */
  readonly lost: readonly string[]
  /** Number of messages that arrived more than once. */
  readonly twice: number
  /** Ids of deliveries that arrived again without the remark that they may have arrived before. */
  readonly unexplained: readonly string[]
}

/** Each acknowledged id must have reached both recipients, or be a dead letter; a message may come twice only if that was announced. */
export function account(
  acknowledged: Iterable<string>,
  deliveries: readonly StoredDelivery[],
  received: readonly { readonly id: string; readonly mayHaveArrived: boolean }[],
): Account {
  const counts = new Map<string, number>()
  const unexplained: string[] = []
  for (const { id, mayHaveArrived } of received) {
    const before = counts.get(id) ?? 0
    if (before > 0 && !mayHaveArrived) unexplained.push(id)
    counts.set(id, before + 1)
  }
  const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]))
  // the message of an escalation step replaces one that still waited for the same recipient
  const isAccounted = ({ id, state, collapsedInto }: StoredDelivery): boolean => {
    const inside = collapsedInto === undefined ? undefined : byId.get(collapsedInto)
    return state === 'dead' || (state === 'delivered' && counts.has(id)) || (inside !== undefined && isAccounted(inside))
  }
  const ofNotice = Map.groupBy(deliveries, ({ noticeId }) => noticeId)
  const lost = [...acknowledged].filter((id) => {
    const own = ofNotice.get(id) ?? []
    return own.length !== 2 || !own.every(isAccounted)
  })
  return { lost, twice: [...counts.values()].filter((count) => count > 1).length, unexplained }
}

/** Titles of alerts of which not exactly one message, sent once or again, reached each recipient of {@link twoSteps}. */
export function notEscalatedOnce(
  titles: Iterable<string>,
  received: readonly { readonly id: string; readonly title: string; readonly recipient: string; readonly step?: string }[],
): readonly string[] {
  const messages = Map.groupBy(received, ({ title, step: sent, recipient }) => `${title} ${sent ?? ''} ${recipient}`)
  const expected = ['1.0 a', '1.0 b', '2.0 c@example.com']
  return [...titles].filter((title) =>
    expected.some((one) => new Set(messages.get(`${title} ${one}`)?.map(({ id }) => id)).size !== 1),
  )
}
