import { type DiagLogger, DiagLogLevel } from '@opentelemetry/api'

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

/**
 * Distinguishes collectors by origin, so that traces and metrics to the same collector make one
 * line.
 */
export function collectorHealth(warn: Warn): CollectorHealth {
  const failing = new Map<string, string>()
  return {
    failed(url, error) {
      const { origin } = new URL(url)
      const reason = reasonOf(error)
      if (failing.get(origin) === reason) return
      failing.set(origin, reason)
      const hint = reason === '401' || reason === '403' ? '; check SWARMWATCH_OTLP_TOKEN' : ''
      warn(`OTLP export to ${origin} fails (${reason}${hint}); the agents continue, and the export is retried`)
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

/** Secrets to mask in the lines, and the interval for repeated lines. */
export interface DiagLinesOptions {
  /** Values that never show, such as tokens. @default [] */
  secrets?: readonly string[]
  /** The same text is logged again only after this time. @default 60000 */
  repeatMs?: number
  /** Milliseconds on a clock that never goes back. @default performance.now */
  now?: () => number
}

/**
 * Matches the error of a set-up that registers after us, with this copy of the API or another one.
 */
const isTooLate = /duplicate registration of API|does not match previously registered API/
const tooLateCure =
  ': another set-up registered after startTelemetry() and records nothing; start it before, or pass its processors and readers to startTelemetry()'

/**
 * Logs OpenTelemetry's own messages as short lines: no stack, no secret, the same text (numbers
 * aside) at most once a minute.
 */
export function diagLines(
  warn: Warn,
  { secrets = [], repeatMs = 60_000, now = () => performance.now() }: DiagLinesOptions = {},
): DiagLogger {
  const loggedAt = new Map<string, number>()
  const line = (...parts: readonly unknown[]): void => {
    const text = parts.map(wordsOf).filter(Boolean).join(' ')
    if (text.includes(alreadyLogged) || text.endsWith('duplicate registration of API: logs')) return
    const key = text.replace(/\d+/g, '#')
    const last = loggedAt.get(key)
    if (last !== undefined && now() - last < repeatMs) return
    if (loggedAt.size >= 200) loggedAt.clear()
    loggedAt.set(key, now())
    const masked = withoutSecrets(text, secrets).slice(0, 300)
    // @swarmwatch/sdk logs through the same logger, under its own name
    if (masked.startsWith('swarmwatch')) warn(masked)
    else warn(`OpenTelemetry: ${masked}${isTooLate.test(masked) ? tooLateCure : ''}`)
  }
  return { error: line, warn: line, info: line, debug: line, verbose: line }
}

/** `OTEL_LOG_LEVEL`, as the JavaScript SDK reads it. @default WARN */
export function diagLevel(name: string | undefined): DiagLogLevel {
  const levels: Readonly<Record<string, DiagLogLevel>> = {
    NONE: DiagLogLevel.NONE,
    ERROR: DiagLogLevel.ERROR,
    WARN: DiagLogLevel.WARN,
    INFO: DiagLogLevel.INFO,
    DEBUG: DiagLogLevel.DEBUG,
    VERBOSE: DiagLogLevel.VERBOSE,
    ALL: DiagLogLevel.ALL,
  }
  return levels[(name ?? '').toUpperCase()] ?? DiagLogLevel.WARN
}

/** The first line of a part; empty for objects, which may contain anything. */
function wordsOf(part: unknown): string {
  if (part instanceof Error) return firstLine(part.message)
  if (typeof part === 'string') return firstLine(messageInJson(part) ?? part)
  return typeof part === 'number' || typeof part === 'boolean' ? String(part) : ''
}

/** OpenTelemetry's error handler passes errors as JSON with their stack. */
function messageInJson(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? message : undefined
  } catch {
    return undefined
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0]!.trim()

function withoutSecrets(text: string, secrets: readonly string[]): string {
  const masked = secrets.filter((secret) => secret.length > 2).reduce((line, secret) => line.replaceAll(secret, '***'), text)
  return masked
    .replace(/\/\/[^/@\s]+@/g, '//***@') // user and password of a URL
    .replace(/(https?:\/\/[^\s?'"]+)\?[^\s'")]*/g, '$1?***') // its query
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 ***') // a header's value
}
