/** The first message of an incident: later ones change it and answer it. */
export interface SlackThread {
  /** Slack's id of the channel; chat.update takes no name. */
  readonly channel: string
  readonly ts: string
  /** The channel as the settings named it then: with another one the incident begins anew there. */
  readonly target: string
}

/** The thread as an earlier delivery gave it back, or undefined for anything else and for another channel. */
export function slackThread(stored: unknown, target: string): SlackThread | undefined {
  const { channel, ts, target: before } = (stored ?? {}) as Partial<SlackThread>
  return typeof channel === 'string' && typeof ts === 'string' && before === target ? { channel, ts, target } : undefined
}
