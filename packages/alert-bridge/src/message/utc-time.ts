/** `2026-11-24 02:13:05 UTC+00:00`; undefined for what is no time, and for the zero time that Alertmanager writes for "not yet". */
export function utcTime(iso: string | undefined): string | undefined {
  const ms = timeOf(iso)
  if (ms === undefined) return undefined
  // without the "T" and the milliseconds
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z/, ' UTC+00:00')
}

/** Milliseconds since 1970, or undefined as above. */
export function timeOf(iso: string | undefined): number | undefined {
  const ms = iso === undefined ? NaN : Date.parse(iso)
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms
}
