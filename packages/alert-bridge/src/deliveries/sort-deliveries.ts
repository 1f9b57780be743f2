import { hash as hashOf, randomUUID } from 'node:crypto'

import type { Claim, ClaimedDelivery, Recipient } from '../outbox/store.ts'
import { quietUntil, type RoutedChannel } from '../routing.ts'
import { isEndOfUnknown, stepsNotice, summaryNotice } from './combined-notices.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { watchStorm, type Storm } from './storm.ts'

/**
 * Decides which claimed deliveries are sent now, and stores the others: for the end of quiet hours, in a digest, or in a summary.
 * `underWay`: ids of deliveries that are being attempted. @default none
 */
export type SortDeliveries = (claimed: readonly ClaimedDelivery[], underWay?: readonly string[]) => Promise<Sorted>

/** A delivery to attempt. `others`: deliveries that its message contains too, so that they end as it does; `messageId` is then that of all. */
export type OutgoingDelivery = ClaimedDelivery & {
  readonly others?: readonly ClaimedDelivery[]
  /** @default its own id */
  readonly messageId?: string
}

/** Result of {@link SortDeliveries}. */
export interface Sorted {
  /** Deliveries to attempt now. */
  readonly sent: readonly OutgoingDelivery[]
  /** Whether a storm held deliveries back. */
  readonly isStorm: boolean
}

/** At most this many deliveries are merged at once; with more, new entries would wait for the disk. */
const maxInMerge = 200

/** `ended`: its alerts fired and ended before the recipient was notified of them. */
type Decision = 'send' | 'hold' | 'ended' | 'step' | { readonly quietUntil: number }

/** Sorts the deliveries of one channel. */
export function sortDeliveries({ channel, quietHours }: RoutedChannel, context: DeliveryContext): SortDeliveries {
  const { store, now, times } = context
  const storms = new Map<string, Storm>()
  const { name, hasIncidents = false } = channel
  const lastSteps = new Map<string, number>()

  function stormOf(recipient: string): Storm {
    const storm = storms.get(recipient) ?? watchStorm(name, times)
    storms.set(recipient, storm)
    return storm
  }

  function decide(delivery: ClaimedDelivery): Decision {
    const quiet = quietUntil(delivery.notice, quietHours, now())
    if (quiet !== undefined) return { quietUntil: quiet }
    if (isEndOfUnknown(delivery)) return 'ended'
    if (!hasIncidents && delivery.notice.kind === 'escalation') return 'step'
    if (hasIncidents && delivery.notice.kind === 'resolved') return 'send'
    return stormOf(delivery.recipient).decide(delivery, now())
  }

  /** Steps for a recipient as few messages, or none while the last one is less than the window old. */
  async function sendSteps(steps: readonly ClaimedDelivery[], recipient: string): Promise<OutgoingDelivery[]> {
    const at = now()
    const windowEnd = (lastSteps.get(recipient) ?? Number.NEGATIVE_INFINITY) + times.stepWindowMs
    // a failed attempt has waited already
    if (at < windowEnd && steps.every(({ attempts, mayHaveArrived }) => attempts === 0 && !mayHaveArrived)) {
      await store.reschedule(
        steps.map(({ id }) => id),
        { dueAt: windowEnd, tried: false },
      )
      return []
    }
    lastSteps.set(recipient, at)
    return [...Map.groupBy(steps, stepOf).values()].map(inOneMessage)
  }

  return async (claimed, underWay = []) => {
    const sorted: Batches = { sent: [], ended: [], held: [], quiet: [], steps: [] }
    const except = [...underWay]
    const add = (deliveries: readonly ClaimedDelivery[]): void => {
      except.push(...deliveries.map(({ id }) => id))
      for (const delivery of deliveries) {
        const decision = decide(delivery)
        if (decision === 'send') sorted.sent.push(delivery)
        else if (decision === 'ended') sorted.ended.push(delivery)
        else if (decision === 'hold') sorted.held.push(delivery)
        else if (decision === 'step') sorted.steps.push(delivery)
        else sorted.quiet.push({ id: delivery.id, dueAt: decision.quietUntil })
      }
    }
    add(claimed)
    const claimOf = (recipient: string, limit: number): Claim & Recipient => ({
      channel: name,
      recipient,
      limit,
      now: now(),
      except,
    })
    // the whole digest is written again with each addition, so deliveries are added in batches
    for (const recipient of recipientsOf(sorted.held)) {
      add(await store.claimHoldable({ ...claimOf(recipient, maxInMerge), exceptEnds: hasIncidents }))
    }
    for (const recipient of recipientsOf(sorted.steps)) add(await store.claimSteps(claimOf(recipient, maxInMessage)))
    for (const recipient of recipientsOf(sorted.ended)) {
      sorted.ended.push(...(await store.claimOvertaken(claimOf(recipient, maxInSummary))))
    }
    await Promise.all(sorted.quiet.map(({ id, dueAt }) => store.reschedule([id], { dueAt, held: 'quiet-hours', tried: false })))
    for (const recipient of recipientsOf(sorted.ended)) {
      await mergeIntoSummary(only(sorted.ended, recipient), { channel: name, recipient }, context)
    }
    for (const recipient of recipientsOf(sorted.held)) {
      await mergeIntoDigest(only(sorted.held, recipient), { channel: name, recipient }, stormOf(recipient), context)
    }
    const outgoing: OutgoingDelivery[] = [...sorted.sent]
    for (const recipient of recipientsOf(sorted.steps)) {
      outgoing.push(...(await sendSteps(only(sorted.steps, recipient), recipient)))
    }
    return { sent: outgoing, isStorm: sorted.held.length > 0 }
  }
}

interface Batches {
  readonly sent: ClaimedDelivery[]
  readonly ended: ClaimedDelivery[]
  readonly held: ClaimedDelivery[]
  readonly quiet: { readonly id: string; readonly dueAt: number }[]
  readonly steps: ClaimedDelivery[]
}

function recipientsOf(deliveries: readonly ClaimedDelivery[]): string[] {
  return [...new Set(deliveries.map(({ recipient }) => recipient))]
}

function only(deliveries: readonly ClaimedDelivery[], recipient: string): ClaimedDelivery[] {
  return deliveries.filter((delivery) => delivery.recipient === recipient)
}

/** One message contains at most this many steps. */
const maxInMessage = 1_000

/** Equal for steps that one message can describe: the same one of the policy, to the same people. */
function stepOf({ notice: { escalation } }: ClaimedDelivery): string {
  return JSON.stringify([escalation?.number, escalation?.of, escalation?.who, escalation?.problem])
}

/**
 * Deliveries of the same step as one message. Its id depends on all of them: a channel that looks for an earlier attempt must not find the
 * message about some of them.
 */
function inOneMessage(steps: readonly ClaimedDelivery[]): OutgoingDelivery {
  const [first, ...others] = steps as readonly [ClaimedDelivery, ...ClaimedDelivery[]]
  if (others.length === 0) return first
  const id = `steps-${hashOf('sha256', JSON.stringify(steps.map((one) => one.id).toSorted()), 'hex').slice(0, 40)}`
  const { thread: _, ...delivery } = first
  return {
    ...delivery,
    notice: stepsNotice(
      steps.map(({ notice }) => notice),
      id,
    ),
    mayHaveArrived: steps.some(({ mayHaveArrived }) => mayHaveArrived),
    messageId: id,
    others,
  }
}

/** At most this many deliveries become one summary at once. */
const maxInSummary = 500

/** Adds deliveries that a storm holds back to the digest. */
async function mergeIntoDigest(
  held: readonly ClaimedDelivery[],
  to: Recipient,
  storm: Storm,
  { store, metrics, now }: DeliveryContext,
): Promise<void> {
  const waiting = await store.pendingDigest(to)
  const at = now()
  const notices = held.map((one) => one.notice)
  const { notice, dueAt } = storm.digest(notices, waiting?.notice, at)
  const ids = held.map(({ id }) => id)
  await store.merge({ ids, into: { ...to, id: waiting?.id ?? randomUUID(), notice, dueAt }, now: at })
  metrics.delivery(to.channel, 'collapsed', ids.length)
}

/** Makes one summary of deliveries whose alerts ended before the recipient was notified. */
async function mergeIntoSummary(
  ended: readonly ClaimedDelivery[],
  to: Recipient,
  { store, metrics, now }: DeliveryContext,
): Promise<void> {
  const at = now()
  const id = randomUUID()
  const ids = ended.map((one) => one.id)
  await store.merge({ ids, into: { ...to, id, notice: summaryNotice(ended, id), dueAt: at }, now: at })
  metrics.delivery(to.channel, 'collapsed', ids.length)
}
