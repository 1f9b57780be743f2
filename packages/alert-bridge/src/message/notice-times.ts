import type { Notice } from './notice.ts'
import { timeOf } from './utc-time.ts'

/** When a notice's trouble began and ended, as ISO 8601, and how long it lasted. */
export interface NoticeTimes {
  readonly startedAt: string | undefined
  /** Undefined while anything fires. */
  readonly endedAt: string | undefined
  readonly lastedSeconds: number | undefined
}

/** The notice's own times, else those of its alerts. */
export function noticeTimes({ alerts, startedAt, endedAt }: Notice): NoticeTimes {
  const isOver = alerts.every(({ status }) => status === 'resolved')
  const start = timeOf(startedAt) ?? least(alerts.map((alert) => timeOf(alert.startsAt)))
  const end = isOver ? (timeOf(endedAt) ?? most(alerts.map((alert) => timeOf(alert.endsAt)))) : undefined
  const lasted = start === undefined || end === undefined || end < start ? undefined : (end - start) / 1_000
  return { startedAt: isoOf(start), endedAt: isoOf(end), lastedSeconds: lasted }
}

function least(times: readonly (number | undefined)[]): number | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined)
}

function most(times: readonly (number | undefined)[]): number | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}

function isoOf(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}
