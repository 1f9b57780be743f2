import type { StoredDelivery } from '../../src/outbox/store.ts'
import { step } from '../escalation/moved-clock.ts'
import type { Received } from './sink.ts'

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
  received: readonly Received[],
): Account {
  const counts = new Map<string, number>()
  const steps = new Set<string>()
  const unexplained: string[] = []
  for (const { id, mayHaveArrived, incidentKey, recipient, step: sent } of received) {
    // each of the two steps has its own recipients
    if (sent !== undefined) steps.add(`${incidentKey} ${recipient}`)
    const before = counts.get(id) ?? 0
    if (before > 0 && !mayHaveArrived) unexplained.push(id)
    counts.set(id, before + 1)
  }
  const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]))
  // the message of an escalation step replaces one that still waited for the same recipient
  const isAccounted = ({ id, kind, incidentKey, recipient, state, collapsedInto }: StoredDelivery): boolean => {
    const inside = collapsedInto === undefined ? undefined : byId.get(collapsedInto)
    const hasArrived = kind === 'escalation' ? steps.has(`${incidentKey} ${recipient}`) : counts.has(id)
    return state === 'dead' || (state === 'delivered' && hasArrived) || (inside !== undefined && isAccounted(inside))
  }
  const ofNotice = Map.groupBy(deliveries, ({ noticeId }) => noticeId)
  const lost = [...acknowledged].filter((id) => {
    const own = ofNotice.get(id) ?? []
    return own.length !== 2 || !own.every(isAccounted)
  })
  return { lost, twice: [...counts.values()].filter((count) => count > 1).length, unexplained }
}

/** Titles of alerts of which a step of {@link twoSteps} did not reach a recipient, or came again without a remark that it may have arrived. */
export function notEscalatedOnce(titles: Iterable<string>, received: readonly Received[]): readonly string[] {
  const messages = Map.groupBy(received, ({ title, step: sent, recipient }) => `${title} ${sent ?? ''} ${recipient}`)
  const expected = ['1.0 a', '1.0 b', '2.0 c@example.com']
  return [...titles].filter((title) =>
    expected.some((one) => {
      const [first, ...again] = messages.get(`${title} ${one}`) ?? []
      return first === undefined || again.some(({ mayHaveArrived }) => !mayHaveArrived)
    }),
  )
}
