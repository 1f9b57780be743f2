import type { Configuration } from '@swarmwatch/config'

import { urlOf } from '../listen-from.ts'

/** What answers on a port that is taken. */
export type Answerer =
  | { readonly kind: 'swarmwatch'; readonly serviceName?: string | undefined }
  /** Speaks HTTP; `server` is what it calls itself. */
  | { readonly kind: 'other'; readonly server: string | undefined }
  | { readonly kind: 'silent' }

/** Asks who answers where `/metrics` should be. */
export async function askMetrics({ host, port }: Configuration['metrics'], timeoutMs: number): Promise<Answerer> {
  const answer = await ask(`${urlOf(host, port)}metrics`, timeoutMs)
  if (answer === undefined) return { kind: 'silent' }
  if (!answer.isOurs && !/^swarm_health_score\b/m.test(answer.text)) return { kind: 'other', server: answer.server }
  // In target_info: quotes and backslashes of a label are escaped
  const label = /^target_info\{(?:.*,)?service_name="((?:[^"\\]|\\.)*)"/m.exec(answer.text)?.[1]
  return { kind: 'swarmwatch', serviceName: label?.replace(/\\(.)/g, '$1') }
}

/** Asks who answers where the status page should be. */
export async function askPage({ host, port }: Configuration['monitor'], timeoutMs: number): Promise<Answerer> {
  const answer = await ask(`${urlOf(host, port)}healthz`, timeoutMs)
  if (answer === undefined) return { kind: 'silent' }
  return answer.isOurs ? { kind: 'swarmwatch' } : { kind: 'other', server: answer.server }
}

async function ask(
  url: string,
  timeoutMs: number,
): Promise<{ isOurs: boolean; server: string | undefined; text: string } | undefined> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    const server = response.headers.get('server') ?? undefined
    return { isOurs: server === 'swarmwatch', server, text: await response.text() }
  } catch {
    return undefined
  }
}
