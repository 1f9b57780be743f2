import type { Warn } from '../logger.ts'

/** Logs once that a collector cannot be reached, and once that it works again. */
export interface CollectorHealth {
  failed(url: string, error: unknown): void
  succeeded(url: string): void
  /** Whether the last export to it failed. */
  isFailing(url: string): boolean
}

/** The message of an export error that was already logged; lines that quote it are dropped. */
export const alreadyLogged = 'otlp export failed (already logged)'

/** Distinguishes collectors by origin, so that traces and metrics to the same collector make one line. */
export function collectorHealth(warn: Warn): CollectorHealth {
  const failing = new Map<string, string>()
  return {
    failed(url, error) {
      const { origin } = new URL(url)
      const reason = reasonOf(error)
      if (failing.get(origin) === reason) return
      failing.set(origin, reason)
      const hint = reason === '401' || reason === '403' ? '; check SWARMWATCH_OTLP_TOKEN' : ''
      warn(`OTLP export to ${origin} fails (${reason}${hint}); the agents continue, and the export is tried again`)
    },
    succeeded(url) {
      const { origin } = new URL(url)
      if (failing.delete(origin)) warn(`OTLP export to ${origin} works again`)
    },
    isFailing: (url) => failing.has(new URL(url).origin),
  }
}

/** An error code, an HTTP status, or a few words; never a response body. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  const code = 'code' in error ? error.code : undefined
  if (typeof code === 'string' || typeof code === 'number') return String(code)
  if (/timed out/i.test(error.message)) return 'no answer in time'
  if (/retryable status/i.test(error.message)) return 'overloaded: 429, 502, 503 or 504'
  return error.message.split('\n', 1)[0]!.slice(0, 80)
}
