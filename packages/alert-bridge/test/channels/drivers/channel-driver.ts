import type { Channel, ChannelDependencies } from '../../../src/channels/channel.ts'

/** A channel with a real server at its other end. */
export interface DrivenChannel extends AsyncDisposable {
  readonly open: (dependencies?: Partial<ChannelDependencies>) => Channel
  /** The text that arrived. */
  readonly arrived: () => readonly string[]
  /** The part of the arrived text that identifies a repetition; undefined if the channel has none. */
  readonly ids: () => readonly (string | undefined)[]
  /** The server at the other end; undefined where there is none. */
  readonly server?: {
    /** From now on it takes everything and never answers. */
    readonly hang: () => void
    /** From now on it refuses everything and quotes in its answer all that the channel sent. */
    readonly echo: () => void
    /** Open connections. */
    readonly connections: () => number
  }
}

/** Secrets in the settings; none may ever be shown. */
export const planted: readonly string[] = ['s3cr3t-password-1', 's3cr3t-token-22', 's3cr3t-key-333']

/** One variant of a channel, as the conformance suite runs it. */
export interface ChannelDriver {
  readonly variant: string
  /** Whether `start` provides a `server`. */
  readonly hasServer: boolean
  readonly start: () => Promise<DrivenChannel>
}
