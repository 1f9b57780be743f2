import type { CoreOptions } from './core-options.ts'

const day = 24 * 3_600_000
/** Delivered rows are kept this long, dead letters three times as long. */
const retentionMs = 30 * day
const everyMs = 3_600_000

/** Puts the store in order after a start, and forgets what is old every hour. Returns what stops it. */
export async function startUpkeep({ store, channels, metrics, now, write }: CoreOptions): Promise<() => void> {
  const unknown = await store.recover(now())
  if (unknown > 0) {
    metrics.unknownOutcome(unknown)
    write(
      `[BRIDGE] ${unknown} deliveries were on their way when the last process ended; they are tried again and may arrive twice`,
    )
  }
  await buryOrphans()
  async function buryOrphans(): Promise<void> {
    const names = new Set(channels.map(({ channel }) => channel.name))
    if ((await store.channelsWithPending()).every((name) => names.has(name))) return
    const orphans = (await store.list({ state: 'pending' })).filter(({ channel }) => !names.has(channel))
    write(`[BRIDGE] ${orphans.length} deliveries wait for channels that are no longer configured; they are dead letters now`)
    await Promise.all(orphans.map(({ id, channel }) => store.deadLetter(id, now(), `there is no channel "${channel}" any more`)))
    for (const _ of orphans) metrics.deadLetter()
  }

  async function forget(): Promise<void> {
    const at = now()
    // in small pieces, so that nobody waits long for the disk
    while ((await store.forget(at - retentionMs, at - 3 * retentionMs)) >= 1000)
      await new Promise((resolve) => setTimeout(resolve, 50))
  }

  const timer = setInterval(() => void forget().catch(() => {}), everyMs)
  void forget().catch(() => {})
  return () => clearInterval(timer)
}
