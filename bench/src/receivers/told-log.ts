import { readMessage, type Phase, type Told } from './read-message.ts'

export type ChannelName = 'slack' | 'mail'

/** A message that a channel showed to somebody. */
export interface Message extends Told {
  readonly channel: ChannelName
  readonly recipient: string
  /** By `performance.now()`. */
  readonly at: number
  /** Of a mail: its Message-ID. */
  readonly id?: string
}

/** What the channels saw in one case. */
export interface ToldLog {
  readonly messages: readonly Message[]
  /** Tries that were not taken. */
  readonly refused: Record<ChannelName, number>
  readonly add: (message: Omit<Message, keyof Told | 'at'>, headline: string, whole: string) => void
  /** Whether each incident was told to each of these recipients of a channel. */
  readonly hasAll: (phase: Phase, channel: ChannelName, recipients: readonly string[], incidents: readonly string[]) => boolean
}

export function openToldLog(): ToldLog {
  const messages: Message[] = []
  return {
    messages,
    refused: { slack: 0, mail: 0 },
    add: (message, headline, whole) => {
      const told = readMessage(headline, whole)
      if (told !== undefined) messages.push({ ...message, ...told, at: performance.now() })
    },
    hasAll: (phase, channel, recipients, incidents) =>
      recipients.every((recipient) => {
        const told = messages.filter(
          (one) => one.channel === channel && one.recipient === recipient && one.phases.includes(phase),
        )
        const names = new Set(told.flatMap((one) => one.incidents))
        return incidents.every((name) => names.has(name))
      }),
  }
}
