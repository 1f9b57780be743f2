const retryHeaders: ReadonlySet<string> = new Set(['retry-after', 'retry-after-ms', 'x-should-retry', 'date'])
/** Also those without a prefix, and `ratelimitbysize-reset` of Mistral. */
const rateLimitHeader = /(?:^|-)ratelimit(?:bysize)?-/
/** Room for the three headers of each of ten quotas. */
const maxHeaders = 30

/**
 * Returns the headers of a response that describe rate limits, such as `x-ratelimit-remaining-requests`, and those about a later try if the
 * request failed; undefined if there are none. Names are in lower case.
 */
export function limitHeaders(headers: unknown, hasFailed: boolean): Readonly<Record<string, string>> | undefined {
  let found: Record<string, string> | undefined
  let count = 0
  for (const [key, value] of pairsOf(headers)) {
    const name = String(key).toLowerCase()
    if (!rateLimitHeader.test(name) && !(hasFailed && retryHeaders.has(name))) continue
    if (Array.isArray(value) ? value.length === 0 : value === undefined) continue
    found ??= {}
    found[name] ??= String(Array.isArray(value) ? value[0] : value).slice(0, 200)
    count += 1
    if (count === maxHeaders) break
  }
  return found
}

/** Headers of undici, name, value, name, value; or those of a record. */
function* pairsOf(headers: unknown): Generator<readonly [key: unknown, value: unknown]> {
  if (!Array.isArray(headers)) {
    if (typeof headers === 'object' && headers !== null) yield* Object.entries(headers)
    return
  }
  for (let at = 0; at + 1 < headers.length; at += 2) yield [headers[at], headers[at + 1]]
}
