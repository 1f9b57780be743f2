/** Options for {@link watchSilence}. */
export interface SilenceOptions {
  readonly now: () => number
  /** Time without a sign of life, while this process ran, that is reported. */
  readonly afterMs: number
  /** How often to look. @default a tenth of that, at most 5 s */
  readonly everyMs?: number
  /** When the last sign of life arrived. */
  readonly lastSignAt: () => number | undefined
  /** Called when the silence begins and when it ends. */
  readonly onChange: (isSilent: boolean, silentSeconds: number) => void
  /** State that an earlier process left. @default no silence */
  readonly initial?: { readonly isSilent: boolean; readonly silentMs: number }
}

/** A running watch. */
export interface SilenceWatch {
  readonly isSilent: () => boolean
  readonly stop: () => void
}

/** Time after a pause to read what waits in the sockets, and for a sender that was paused too. */
const maxGraceMs = 10_000

/**
 * Reports when signs of life no longer arrive. A pause of this process does not count, and requests that arrived meanwhile are read
 * first.
 */
export function watchSilence({ now, afterMs, lastSignAt, onChange, initial, ...options }: SilenceOptions): SilenceWatch {
  const { everyMs = Math.min(afterMs / 10, 5_000) } = options
  const pauseMs = Math.max(3 * everyMs, Math.min(1_000, afterMs / 2))
  let isSilent = initial?.isSilent ?? false
  let silentMs = initial?.silentMs ?? 0
  let lastLookAt = now()
  let knownSignAt = lastSignAt()
  let graceMs = 0
  let wasLate = false

  function look(): void {
    const at = now()
    const elapsedMs = at - lastLookAt
    lastLookAt = at
    const ranMs = Math.min(elapsedMs, pauseMs)
    silentMs += ranMs
    const signAt = lastSignAt()
    if (signAt !== knownSignAt) {
      knownSignAt = signAt
      silentMs = Math.min(silentMs, at - (signAt ?? at))
    }
    // a process that is always late gets one grace period, so that it reports in the end
    const isLate = elapsedMs > pauseMs
    if (graceMs > 0) graceMs -= ranMs
    else if (isLate && !wasLate) graceMs = Math.min(maxGraceMs, afterMs / 2)
    if (graceMs > 0) return
    wasLate = isLate
    if (silentMs >= afterMs === isSilent) return
    isSilent = !isSilent
    onChange(isSilent, Math.round(silentMs / 1000))
  }

  const timer = setInterval(look, everyMs)
  return { isSilent: () => isSilent, stop: () => clearInterval(timer) }
}
