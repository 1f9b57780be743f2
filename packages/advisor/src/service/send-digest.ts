import type { AdvisorSettings } from '../advisor-settings.ts'
import type { Report } from '../report/report.ts'
import { markdownAdvice } from '../report/markdown-report.ts'

/** Result of a digest: sent, nothing to send, or the reason why the bridge did not accept it, without the token. */
export type DigestResult = { readonly kind: 'sent' | 'nothing' } | { readonly kind: 'failed'; readonly reason: string }

/**
 * Sends the advice of a week to the alert bridge as one event of severity info. The key contains the week, so that the bridge drops
 * repetitions after a restart. Without advice nothing is sent. Never rejects.
 */
export async function sendDigest(
  report: Report,
  { bridgeUrl, bridgeToken }: Pick<AdvisorSettings, 'bridgeUrl' | 'bridgeToken'>,
  { fetch = globalThis.fetch, timeoutMs = 10_000 }: { fetch?: typeof globalThis.fetch; timeoutMs?: number } = {},
): Promise<DigestResult> {
  if (bridgeUrl === undefined || bridgeToken === undefined || report.advice.length === 0) return { kind: 'nothing' }
  const usd = report.advice.reduce((sum, advice) => sum + advice.usdPerMonth, 0)
  const count = report.advice.length === 1 ? '1 finding' : `${report.advice.length} findings`
  const event = {
    title: `Cost advice: ${count} would save about ${Math.round(usd)} USD a month`,
    text: markdownAdvice(report),
    source: 'advisor',
    at: report.at,
    key: `advice:${weekOf(report.at)}`,
  }
  const url = new URL(bridgeUrl)
  try {
    const response = await fetch(`${url.origin}${url.pathname.replace(/\/+$/, '')}/api/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bridgeToken.reveal()}` },
      body: JSON.stringify(event),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.body?.cancel()
    return response.ok
      ? { kind: 'sent' }
      : { kind: 'failed', reason: `the bridge at ${url.host} does not accept the digest (${response.status})` }
  } catch {
    return {
      kind: 'failed',
      reason: `the bridge at ${url.host} cannot be reached; the digest is sent again after the next analysis`,
    }
  }
}

/** Number of the week since the Monday before 1970, so that a digest belongs to one week from Monday to Sunday (UTC). */
export function weekOf(at: string): number {
  return Math.floor((Date.parse(at) / 86_400_000 + 3) / 7)
}
