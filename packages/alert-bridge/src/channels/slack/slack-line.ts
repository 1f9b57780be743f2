import type { ChannelWorld } from '../channel-world.ts'

/** The world, and the time that one request may take. */
export interface SlackLine extends Pick<ChannelWorld, 'fetch' | 'now'> {
  readonly during: (signal: AbortSignal) => AbortSignal
}
