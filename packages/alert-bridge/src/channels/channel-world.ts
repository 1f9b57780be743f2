import type { LookupFunction } from 'node:net'
import { lookup } from 'node:dns'

/** What channels need of the world around them. */
export interface ChannelWorld {
  readonly now: () => Date
  readonly fetch: typeof globalThis.fetch
  /** How a host name becomes addresses; custom webhooks check what comes out. */
  readonly lookup: LookupFunction
  /** Prints one line. */
  readonly write: (line: string) => void
}

/** The real world. Lines go to standard error, so that they do not mix with what a program prints as its result. */
export const realWorld: ChannelWorld = {
  now: () => new Date(),
  // looked up at each call, so that instrumentation registered later sees it
  fetch: (input, init) => globalThis.fetch(input, init),
  lookup: lookup as LookupFunction,
  write: (line) => console.error(line),
}
