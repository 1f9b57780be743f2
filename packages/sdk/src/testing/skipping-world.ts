import { realWorld, type World } from '../world.ts'

/**
 * The world of one run in which waiting between attempts takes no time: its clocks jump ahead by as much, so that everything records the
 * wait. Time limits of attempts run as ever.
 */
export function skippingWorld(): World {
  let skippedMs = 0
  return {
    ...realWorld,
    now: () => realWorld.now() + skippedMs,
    wallClock: () => realWorld.wallClock() + skippedMs,
    async wait(ms, signal) {
      signal?.throwIfAborted()
      skippedMs += ms
    },
  }
}
