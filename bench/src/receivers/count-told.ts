import { quantile } from '../statistics.ts'
import { incidents } from './incidents.ts'
import type { ChannelName, Message, ToldLog } from './told-log.ts'

/** What the people of one channel were told. An alert counts once for each recipient who has to hear of it. */
export interface ChannelCount {
  readonly expected: number
  /** Never told of at all. */
  readonly unheard: number
  /** Never told that it fired. */
  readonly startUntold: number
  /** Never told that it ended. */
  readonly endUntold: number
  /** Messages beyond the first that say the same to the same recipient. */
  readonly surplus: number
  /** Those of them that carry the Message-ID of an earlier one, so that mail systems can fold them. */
  readonly surplusOfSameId: number
  /** Tries that the channel did not take. */
  readonly refused: number
  /** From Alertmanager's acceptance of an alert to the first message taken about it; undefined when there was none. */
  readonly seconds: { readonly median: number; readonly most: number } | undefined
  /** From the end of the fault until all were told of; undefined when not all were, or the fault did not end. */
  readonly secondsAfterFault: number | undefined
}

interface Times {
  readonly firedAt: number
  readonly passedAt: number | undefined
}

export function countTold(
  { messages, refused }: ToldLog,
  channel: ChannelName,
  recipients: readonly string[],
  { firedAt, passedAt }: Times,
): ChannelCount {
  const heard = recipients.flatMap((recipient) =>
    incidents.map((name) =>
      messages.filter((one) => one.channel === channel && one.recipient === recipient && one.incidents.includes(name)),
    ),
  )
  const starts = heard.map((some) => some.filter(({ phases }) => phases.includes('fired')))
  const ends = heard.map((some) => some.filter(({ phases }) => phases.includes('ended')))
  const firstAt = heard.flatMap(([first]) => first?.at ?? [])
  const seconds = firstAt.map((at) => (at - firedAt) / 1000)
  const isComplete = firstAt.length === heard.length
  return {
    expected: heard.length,
    unheard: heard.length - firstAt.length,
    startUntold: starts.filter((same) => same.length === 0).length,
    endUntold: ends.filter((same) => same.length === 0).length,
    surplus: surplusOf([...starts, ...ends]),
    surplusOfSameId: surplusOf([...starts, ...ends].flatMap(sameIds)),
    refused: refused[channel],
    seconds: seconds.length === 0 ? undefined : { median: quantile(seconds, 0.5), most: Math.max(...seconds) },
    secondsAfterFault: passedAt === undefined || !isComplete ? undefined : Math.max(0, Math.max(...firstAt) - passedAt) / 1000,
  }
}

function surplusOf(tellings: readonly (readonly Message[])[]): number {
  return tellings.reduce((sum, same) => sum + Math.max(0, same.length - 1), 0)
}

/** The messages of one telling by their Message-ID. */
function sameIds(messages: readonly Message[]): Message[][] {
  const mails = messages.filter(({ id }) => id !== undefined)
  return [...Map.groupBy(mails, ({ id }) => id).values()]
}
