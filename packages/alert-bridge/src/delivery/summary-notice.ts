import { worstOf } from '../inbox/severity-of.ts'
import type { Notice } from '../message/notice.ts'
import type { ClaimedDelivery } from '../store/stored-delivery.ts'
import { mergedAlerts } from './merged-alerts.ts'

/** Whether it tells only the end of something that this recipient never heard of, because it was over before a try succeeded. */
export function isOverUntold({ notice, wasTold, overtaken }: Pick<ClaimedDelivery, 'notice' | 'wasTold' | 'overtaken'>): boolean {
  return notice.kind === 'resolved' && !wasTold && overtaken.some(({ kind }) => kind === 'firing' || kind === 'repeat')
}

/** One notice for all that fired and resolved while a channel was down. */
export function summaryNotice(deliveries: readonly Pick<ClaimedDelivery, 'notice' | 'overtaken'>[], id: string): Notice {
  const notices = deliveries.flatMap(({ notice, overtaken }) => [...overtaken, notice])
  const ends = deliveries.map(({ notice }) => notice)
  const titles = [...new Set(ends.map(({ title }) => title))]
  const startedAt = notices.flatMap((one) => one.startedAt ?? []).toSorted()[0]
  const endedAt = notices
    .flatMap((one) => one.endedAt ?? [])
    .toSorted()
    .at(-1)
  const only = ends.length === 1 ? ends[0] : undefined
  return {
    kind: 'summary',
    severity: worstOf(notices.map(({ severity }) => severity)),
    incidentKey: only?.incidentKey ?? `summary:${id}`,
    title: titles.length <= 3 ? titles.join(', ') : `${titles.slice(0, 3).join(', ')} and ${titles.length - 3} more`,
    ...mergedAlerts(ends),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(only?.links && { links: only.links }),
  }
}
