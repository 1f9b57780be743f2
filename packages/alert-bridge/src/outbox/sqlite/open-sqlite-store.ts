import { randomUUID } from 'node:crypto'

import { type Checkpoints, noCheckpoints } from '../../checkpoint.ts'
import type { Store } from '../store.ts'
import { acceptEntry } from './accept-entry.ts'
import { claimDeliveries } from './claim-deliveries.ts'
import { escalations } from './escalations.ts'
import { finishDelivery } from './finish-delivery.ts'
import { groupCommit } from './group-commit.ts'
import { lockFolder, openDatabase } from './open-database.ts'
import { readStore } from './read-store.ts'
import { orderedId } from './rows.ts'
import { upkeep } from './upkeep.ts'

export interface OpenedStore {
  readonly store: Store
  /** Where a damaged database was put, if there was one. */
  readonly setAside?: string
}

/**
 * Opens the store in a folder and makes this process its owner.
 * @throws FolderTakenError when another process has it
 */
export function openSqliteStore(folder: string, { reached }: Checkpoints = noCheckpoints): OpenedStore {
  const unlock = lockFolder(folder)
  try {
    const owner = randomUUID()
    const { database, setAside } = openDatabase(folder, owner.slice(0, 8))
    const { write, close } = groupCommit(database)
    const accept = acceptEntry(database)
    const { claimDue, claimOvertaken, claimHoldable } = claimDeliveries(database, owner)
    const finish = finishDelivery(database)
    const escalation = escalations(database)
    const keep = upkeep(database, owner)

    const store: Store = {
      ...readStore(database),
      accept: (entry, decide) => write(() => accept(entry, decide)),
      quarantine: async (body, reason, receivedAt) => {
        const id = orderedId(receivedAt)
        await write(() => keep.quarantine(id, body, reason, receivedAt))
        return id
      },
      forgetQuarantined: (id) => write(() => keep.forgetQuarantined(id)),
      claimDue: (claim) => write(() => claimDue(claim)),
      claimOvertaken: (claim) => write(() => claimOvertaken(claim)),
      claimHoldable: (claim) => write(() => claimHoldable(claim)),
      renewLeases: (ids, until) => write(() => keep.renewLeases(ids, until)),
      succeed: (id, now, thread) =>
        write(() => {
          finish.succeed(id, now, thread)
          reached('while-marking')
        }),
      reschedule: (id, change) => write(() => finish.reschedule(id, change)),
      deadLetter: (id, now, reason, mayHaveArrived = false) => write(() => finish.deadLetter(id, now, reason, mayHaveArrived)),
      merge: (merge) => write(() => finish.merge(merge)),
      replay: (id, now) => write(() => finish.replay(id, now)),
      makeDue: (channel, now) => write(() => keep.makeDue(channel, now)),
      recover: (now) => write(() => keep.recover(now)),
      dueEscalations: (now) => Promise.resolve().then(() => escalation.due(now)),
      escalate: (noticeId, escalated, now) => write(() => escalation.escalate(noticeId, escalated, now)),
      saveBucket: (channel, bucket) => write(() => keep.saveBucket(channel, bucket)),
      saveMetaState: (state) => write(() => keep.saveMetaState(state)),
      forgetMetaState: (key) => write(() => keep.forgetMetaState(key)),
      forget: (before, deadBefore) => write(() => keep.forget(before, deadBefore)),
      probe: (now) => write(() => keep.probe(now)),
      close: async () => {
        await close()
        database.close()
        unlock()
      },
    }
    return { store, ...(setAside !== undefined && { setAside }) }
  } catch (error) {
    unlock()
    throw error
  }
}
