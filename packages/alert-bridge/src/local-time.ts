const dayMs = 24 * 3_600_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** Local time of a moment in a time zone, as the milliseconds since 1970 at which clocks in UTC show the same. */
export function wallClock(at: number, timeZone: string): number {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** Making a format takes longer than using it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const numeric = 'numeric' as const
  const parts = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric }
  const format = new Intl.DateTimeFormat('en', { timeZone, hourCycle: 'h23', ...parts })
  formats.set(timeZone, format)
  return format
}

/**
 * The moment at which clocks of a time zone show a time such as `2026-01-05T09:00`, in milliseconds since 1970. Of two moments (the clocks
 * were set back) it is the earlier one; a time that the clocks skip is later by as much as they skip.
 */
export function instantOf(local: string, timeZone: string): number {
  const wanted = Date.parse(`${local}Z`)
  const offsets = [wanted - dayMs, wanted + dayMs].map((at) => wallClock(at, timeZone) - at)
  const exact = offsets.map((offset) => wanted - offset).filter((at) => wallClock(at, timeZone) === wanted)
  return exact.length > 0 ? Math.min(...exact) : wanted - offsets[0]!
}
