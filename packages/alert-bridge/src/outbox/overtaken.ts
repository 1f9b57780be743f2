import type { Notice, NoticeAlert } from '../message/notice.ts'

/** An older pending delivery of the same incident and recipient. */
export interface OlderRow {
  readonly id: string
  readonly notice: string
  readonly may_have_arrived: number
}

/**
 * Those of the older deliveries of an incident whose firing alerts all occur in a later one. Two routes of Alertmanager may have groups
 * with the same labels, such as one for each severity; a group of one route must not replace that of the other.
 */
export function replacedBy(newest: Notice, older: readonly OlderRow[]): (OlderRow & { readonly overtaken: Notice })[] {
  if (older.length === 0) return []
  const later = new Set(newest.alerts.map(identityOf))
  return older
    .map((row) => ({ ...row, overtaken: JSON.parse(row.notice) as Notice }))
    .toReversed()
    .filter(({ overtaken: { alerts } }) => {
      const isReplaced =
        newest.truncatedAlerts || alerts.every((alert) => alert.status !== 'firing' || later.has(identityOf(alert)))
      for (const alert of alerts) later.add(identityOf(alert))
      return isReplaced
    })
    .toReversed()
}

function identityOf({ labels }: NoticeAlert): string {
  return JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
