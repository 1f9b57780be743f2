import { quantile } from '../statistics.ts'
import type { ChannelName, Message, MessageLog } from './fake-channels.ts'
import { incidents } from './faults.ts'

/** Messages of one channel. An alert counts once for each recipient who has to receive it. */
export interface ChannelCount {
  readonly expected: number
  /** Alerts without any message. */
  readonly missing: number
  /** Alerts without a message that they fired. */
  readonly missingFiring: number
  /** Alerts without a message that they were resolved. */
  readonly missingResolved: number
  /** Messages beyond the first with the same content for the same recipient. */
  readonly repeated: number
  /** Those of them that carry the Message-ID of an earlier one, so that mail systems can merge them. */
  readonly repeatedWithSameId: number
  /** Attempts that the channel refused. */
  readonly refused: number
  /** From Alertmanager's acceptance of an alert to the first message taken about it; undefined when there was none. */
  readonly seconds: { readonly median: number; readonly most: number } | undefined
  /** From the end of the fault until there was a message about each alert; undefined when one is missing, or the fault did not end. */
  readonly secondsAfterFault: number | undefined
}

interface Times {
  readonly firedAt: number
  readonly endedAt: number | undefined
}

export function countDeliveries(
  { messages, refused }: MessageLog,
  channel: ChannelName,
  recipients: readonly string[],
  { firedAt, endedAt }: Times,
): ChannelCount {
  const received = recipients.flatMap((recipient) =>
    incidents.map((name) =>
      messages.filter((one) => one.channel === channel && one.recipient === recipient && one.incidents.includes(name)),
    ),
  )
  const starts = received.map((some) => some.filter(({ phases }) => phases.includes('fired')))
  const ends = received.map((some) => some.filter(({ phases }) => phases.includes('ended')))
  const firstAt = received.flatMap(([first]) => first?.at ?? [])
  const seconds = firstAt.map((at) => (at - firedAt) / 1000)
  const isComplete = firstAt.length === received.length
  return {
    expected: received.length,
    missing: received.length - firstAt.length,
    missingFiring: starts.filter((same) => same.length === 0).length,
    missingResolved: ends.filter((same) => same.length === 0).length,
    repeated: repeatedOf([...starts, ...ends]),
    repeatedWithSameId: repeatedOf([...starts, ...ends].flatMap(sameIds)),
    refused: refused[channel],
    seconds: seconds.length === 0 ? undefined : { median: quantile(seconds, 0.5), most: Math.max(...seconds) },
    secondsAfterFault: endedAt === undefined || !isComplete ? undefined : Math.max(0, Math.max(...firstAt) - endedAt) / 1000,
  }
}

function repeatedOf(groups: readonly (readonly Message[])[]): number {
  return groups.reduce((sum, same) => sum + Math.max(0, same.length - 1), 0)
}

/** Groups messages with the same content by their Message-ID. */
function sameIds(messages: readonly Message[]): Message[][] {
  const mails = messages.filter(({ id }) => id !== undefined)
  return [...Map.groupBy(mails, ({ id }) => id).values()]
}
