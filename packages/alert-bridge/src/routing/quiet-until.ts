import type { QuietHours } from '@swarmwatch/config'

import type { Notice } from '../message/notice.ts'

/**
 * When a notice may be told that quiet hours keep back, in milliseconds since 1970; undefined when it may at once. Only info waits,
 * and no test.
 */
export function quietUntil(
  notice: Pick<Notice, 'severity' | 'kind'>,
  quiet: QuietHours | undefined,
  now: number,
): number | undefined {
  if (quiet === undefined || notice.severity !== 'info' || notice.kind === 'drill') return undefined
  const minute = minuteOfDay(now, quiet.timeZone)
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)]
  const isQuiet = from <= to ? minute >= from && minute < to : minute >= from || minute < to
  if (!isQuiet) return undefined
  const minutes = (to - minute + 24 * 60) % (24 * 60)
  // a change of the clocks in that night makes it an hour early or late: early is asked again, late is at most an hour
  return now - (now % 60_000) + minutes * 60_000
}

/** Of a time such as `07:30`. */
function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return hours * 60 + minutes
}

function minuteOfDay(now: number, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('en', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return minutesOf(clock.format(now))
}
