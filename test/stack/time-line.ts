/** Events with their times. */
export interface TimeLine {
  /** Notes that something happened, now or `atMs` (since 1970). */
  note(what: string, atMs?: number): void
  /** One line each, in order: `+ 245 s  the mail came`. */
  shown(): string
}

/** Begins now. */
export function openTimeLine(): TimeLine {
  const begunMs = Date.now()
  const events: { readonly what: string; readonly seconds: number }[] = []
  return {
    note: (what, atMs = Date.now()) => void events.push({ what, seconds: (atMs - begunMs) / 1000 }),
    shown: () =>
      events
        .toSorted((a, b) => a.seconds - b.seconds)
        .map(({ what, seconds }) => `+${seconds.toFixed(0).padStart(5)} s  ${what}`)
        .join('\n'),
  }
}
