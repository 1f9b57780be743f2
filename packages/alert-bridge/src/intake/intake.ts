import type { AlertGroup } from '@swarmwatch/config'

import type { Accepted, Store } from '../outbox/store.ts'
import { readAlertGroup } from './read-alert-group.ts'

/** What came of reading a body again that could not be read when it came. */
export type ReplayedBody = 'replayed' | 'unknown' | { readonly stillUnreadable: string }

/**
 * Reads a quarantined body again, as an upgrade may be able to, and gives it to `accept`. Only then is it taken out of quarantine: a crash
 * between the two makes a duplicate, which is known as one, and never a loss.
 */
export async function replayQuarantined(
  id: string,
  store: Pick<Store, 'quarantinedBody' | 'forgetQuarantined'>,
  accept: (group: AlertGroup) => Promise<Accepted>,
): Promise<ReplayedBody> {
  const body = await store.quarantinedBody(id)
  if (body === undefined) return 'unknown'
  const read = readAlertGroup(body)
  if (read.kind === 'unreadable') return { stillUnreadable: read.reason }
  await accept(read.value)
  await store.forgetQuarantined(id)
  return 'replayed'
}
