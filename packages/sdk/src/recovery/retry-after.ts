import { chainOf, peek } from '../error-type.ts'

function header(headers: unknown, name: string): unknown {
  const get = peek(headers, 'get')
  if (typeof get === 'function') {
    try {
      return get.call(headers, name) as unknown
    } catch {
      return undefined
    }
  }
  return peek(headers, name) ?? peek(headers, 'Retry-After')
}

/** Reads a `Retry-After` value (RFC 9110: whole seconds, or an HTTP date) as seconds from `nowMs`. */
function parseRetryAfter(value: unknown, nowMs: number): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value).trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  const date = /[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, (date - nowMs) / 1000)
}

/**
 * Seconds that the answering server asked to wait: the `Retry-After` header of the error or of an error it wraps
 * (`responseHeaders`, `headers`, `response.headers`), or a numeric `retryAfter` property.
 */
export function retryAfterSeconds(error: unknown, nowMs: number): number | undefined {
  for (const inner of chainOf(error)) {
    const sources = [peek(inner, 'responseHeaders'), peek(inner, 'headers'), peek(peek(inner, 'response'), 'headers')]
    for (const headers of sources) {
      const seconds = parseRetryAfter(header(headers, 'retry-after'), nowMs)
      if (seconds !== undefined) return seconds
    }
    const seconds = parseRetryAfter(peek(inner, 'retryAfter'), nowMs)
    if (seconds !== undefined) return seconds
  }
  return undefined
}
