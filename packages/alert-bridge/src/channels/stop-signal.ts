import { patientTimeout } from '../patience.ts'

/** Ends what a channel has under way, when it is closed. */
export interface StopSignal {
  /** Aborts when the delivery is given up, the channel is closed, or after `timeoutMs`. */
  during(signal: AbortSignal, timeoutMs: number): AbortSignal
  stop(): void
}

/** One for each channel. */
export function stopSignal(): StopSignal {
  const closing = new AbortController()
  return {
    during: (signal, timeoutMs) => AbortSignal.any([signal, closing.signal, patientTimeout(timeoutMs)]),
    stop: () => closing.abort(new Error('the channel was closed')),
  }
}
