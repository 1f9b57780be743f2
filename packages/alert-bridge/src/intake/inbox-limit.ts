import { StoreError } from '../outbox/store-error.ts'
import type { Store } from '../outbox/store.ts'

export interface InboxLimitOptions {
  readonly store: Pick<Store, 'countPending'>
  readonly now: () => number
  readonly limit: number
  /** So many deliveries one notice makes at most. */
  readonly maxPerNotice: number
}

/** Keeps more from coming in than could ever be told. */
export interface InboxLimit {
  /** @throws StoreError `crowded`, which is answered 503: Alertmanager keeps the alert and tries again */
  readonly assertRoom: () => Promise<void>
  readonly isFull: () => Promise<boolean>
}

/** How long a full inbox is believed to be full without counting. */
const believedMs = 250

/** Counts what waits again when so much came in since the last time that the limit may be reached. */
export function inboxLimit({ store, now, limit, maxPerNotice }: InboxLimitOptions): InboxLimit {
  let counted = { waiting: 0, at: Number.NEGATIVE_INFINITY }
  let counting: Promise<void> | undefined
  let asked = 0

  async function isFull(): Promise<boolean> {
    asked += 1
    const isStale = counted.waiting < limit ? counted.waiting + asked * maxPerNotice >= limit : now() - counted.at > believedMs
    if (isStale || counted.at === Number.NEGATIVE_INFINITY) counting ??= count().finally(() => (counting = undefined))
    // who asks meanwhile waits for the same count
    if (counting !== undefined) await counting
    return counted.waiting >= limit
  }

  async function count(): Promise<void> {
    asked = 0
    counted = { waiting: await store.countPending(limit), at: now() }
  }

  return {
    isFull,
    assertRoom: async () => {
      if (await isFull())
        throw new StoreError('crowded', `${limit} deliveries wait, which is as many as BRIDGE_INBOX_LIMIT allows`)
    },
  }
}
