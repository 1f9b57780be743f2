import { StoreError } from '../outbox/store-error.ts'
import type { Inbox } from '../outbox/store.ts'

/** Options for {@link inboxLimit}. */
export interface InboxLimitOptions {
  readonly store: Pick<Inbox, 'countPending'>
  readonly now: () => number
  readonly limit: number
  /** Maximum number of deliveries of one notice. */
  readonly maxPerNotice: number
}

/** Limits the number of pending deliveries. */
export interface InboxLimit {
  /** @throws StoreError `crowded`, which is answered with 503: Alertmanager keeps the alert and sends it again */
  readonly assertRoom: () => Promise<void>
  readonly isFull: () => Promise<boolean>
}

/** How long a full inbox counts as full without another count. */
const fullForMs = 250

/** Counts the pending deliveries again when enough has been accepted since the last count to reach the limit. */
export function inboxLimit({ store, now, limit, maxPerNotice }: InboxLimitOptions): InboxLimit {
  let counted = { waiting: 0, at: Number.NEGATIVE_INFINITY }
  let counting: Promise<void> | undefined
  let asked = 0

  async function isFull(): Promise<boolean> {
    asked += 1
    const isStale = counted.waiting < limit ? counted.waiting + asked * maxPerNotice >= limit : now() - counted.at > fullForMs
    if (isStale || counted.at === Number.NEGATIVE_INFINITY) counting ??= count().finally(() => (counting = undefined))
    // requests that arrive meanwhile wait for the same count
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
      if (await isFull()) throw new StoreError('crowded', `${limit} deliveries wait, the maximum that BRIDGE_INBOX_LIMIT allows`)
    },
  }
}
