import { errorWord } from '../../error-word.ts'
import { type AlertGroup, alertGroup, groupKey, type GroupMember, type NotificationReason } from '../alert-group.ts'
import type { AlertReceiver, AlertRound } from './alert-receiver.ts'
import { withDeadline } from './with-deadline.ts'

/** Takes a group of alerts; the group is delivered when the promise resolves, and comes again at the next interval when it rejects. */
export type Deliver = (group: AlertGroup) => unknown

/** How groups are handed to a function. */
export interface GroupReceiverOptions {
  /** As messages name it. @default 'deliver()' */
  readonly name?: string
  /** What still fires is told again after this time, in seconds. @default 14400 */
  readonly repeatSeconds?: number
  /** `deliver` counts as failed after this time, in milliseconds. @default 30000 */
  readonly timeoutMs?: number
  /** Address of the status page, for links. @default '' */
  readonly pageUrl?: string
  readonly close?: () => Promise<void>
}

interface GroupMemory {
  /** Over, and not yet told. */
  readonly ended: Map<string, GroupMember>
  /** Fingerprints that were delivered as firing. */
  told: ReadonlySet<string>
  isDirty: boolean
  deliveredMs: number
}

/** Hands groups to a function: when one changes, and again after the repeat time while it fires. */
export function groupReceiver(deliver: Deliver, options: GroupReceiverOptions = {}): AlertReceiver {
  const { name = 'deliver()', repeatSeconds = 14_400, timeoutMs = 30_000, pageUrl = '', close = async () => {} } = options
  const groups = new Map<string, GroupMemory>()

  function remember({ changes, nowMs }: AlertRound): void {
    for (const { status, alert } of changes) {
      const key = groupKey(alert)
      const group = groups.get(key) ?? { ended: new Map(), told: new Set(), isDirty: true, deliveredMs: nowMs }
      groups.set(key, group)
      group.isDirty = true
      if (status === 'firing') group.ended.delete(alert.fingerprint)
      else group.ended.set(alert.fingerprint, { alert, endedMs: nowMs })
    }
  }

  async function send(key: string, group: GroupMemory, { firing, nowMs }: AlertRound): Promise<void> {
    const active = firing.filter((alert) => groupKey(alert) === key)
    const isRepeat = !group.isDirty && nowMs - group.deliveredMs >= repeatSeconds * 1_000
    if (!group.isDirty && !isRepeat) return
    const members: readonly GroupMember[] = [...active.map((alert) => ({ alert })), ...group.ended.values()]
    const told = new Set(active.map(({ fingerprint }) => fingerprint))
    const reason = isRepeat ? 'repeat interval elapsed' : reasonOf(told, group.told)
    // what a later round adds while this one is under way must stay
    const sent = [...group.ended.keys()]
    await withDeadline(async () => deliver(alertGroup(members, reason, pageUrl)), timeoutMs)
    for (const fingerprint of sent) group.ended.delete(fingerprint)
    Object.assign(group, { told, isDirty: false, deliveredMs: nowMs })
    if (active.length === 0) groups.delete(key)
  }

  return {
    name,
    async update(round) {
      remember(round)
      const results = await Promise.allSettled(Array.from(groups, ([key, group]) => send(key, group, round)))
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw new Error(`a group was not delivered (${errorWord(failed.reason)})`, { cause: failed.reason })
    },
    close,
  }
}

function reasonOf(firing: ReadonlySet<string>, told: ReadonlySet<string>): NotificationReason {
  if (firing.size === 0) return 'all alerts resolved'
  if (told.size === 0) return 'first notification'
  return [...firing].every((fingerprint) => told.has(fingerprint)) ? 'some alerts resolved' : 'new alerts added'
}
