import type { InferenceUsage } from '@swarmwatch/sdk/instrumentation'

import { BoundedMap } from './sources/bounded-map.ts'

/** Tokens of one answer of a model, or of a turn. */
export interface MessageUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_input_tokens: number | null
  readonly cache_creation_input_tokens: number | null
  readonly output_tokens_details?: { readonly thinking_tokens?: number } | null
}

/** Totals of one model in a result message. */
export interface ModelUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheCreationInputTokens: number
  readonly thinkingTokens?: number
  readonly costUSD: number
  readonly canonicalModel?: string
  readonly provider?: string
}

/** Totals of a session, by model. */
export type SessionTotals = Readonly<Record<string, ModelUsage>>

/** A query that continues an earlier session: its first result message contains the totals of that session. */
export interface ResumedSession {
  /** Id of the session; undefined if only its messages show it (`continue`) or nothing does. */
  readonly id: string | undefined
  readonly isForked: boolean
}

/** Returns the session that the arguments of `query()` continue; undefined for a new session. */
export function resumedSession(args: readonly unknown[]): ResumedSession | undefined {
  const [{ options } = {}] = args as readonly [{ options?: QueryOptions }?]
  if (!options) return undefined
  const { extraArgs = {} } = options
  const id = options.resume ?? extraArgs['resume'] ?? undefined
  if (id === undefined && options.continue !== true && !('continue' in extraArgs)) return undefined
  return { id, isForked: options.forkSession === true || 'fork-session' in extraArgs }
}

interface QueryOptions {
  readonly resume?: string
  readonly continue?: boolean
  readonly forkSession?: boolean
  readonly extraArgs?: Readonly<Record<string, string | null>>
}

/** Last totals of the sessions of this process. */
const sessions = new BoundedMap<string, SessionTotals>(1000)

/** Keeps the totals of a session for a later query that resumes it. */
export function keepTotals(sessionId: string | undefined, totals: SessionTotals): void {
  if (sessionId !== undefined) sessions.set(sessionId, totals)
}

/** Returns the totals that a resumed session had; undefined if this process has not seen them. Others may have added to them since. */
export function keptTotals(resumed: ResumedSession, sessionId: string | undefined): SessionTotals | undefined {
  const id = resumed.id ?? (resumed.isForked ? undefined : sessionId)
  return id === undefined ? undefined : sessions.get(id)
}

/** Returns what a total has grown by. The totals start again after `/clear`, and in a child process that crashed. */
export function addedSince(earlier: ModelUsage | undefined, total: ModelUsage): ModelUsage {
  if (!earlier || total.inputTokens < earlier.inputTokens || total.outputTokens < earlier.outputTokens) return total
  return {
    ...total,
    inputTokens: total.inputTokens - earlier.inputTokens,
    outputTokens: total.outputTokens - earlier.outputTokens,
    cacheReadInputTokens: total.cacheReadInputTokens - earlier.cacheReadInputTokens,
    cacheCreationInputTokens: total.cacheCreationInputTokens - earlier.cacheCreationInputTokens,
    ...(total.thinkingTokens !== undefined && { thinkingTokens: total.thinkingTokens - (earlier.thinkingTokens ?? 0) }),
    costUSD: total.costUSD - earlier.costUSD,
  }
}

/** Returns the usage of an answer or of a turn; input tokens include those of the cache. */
export function usageOfMessage(usage: Partial<MessageUsage> = {}): InferenceUsage {
  const cacheReadInputTokens = usage.cache_read_input_tokens ?? 0
  const cacheWriteInputTokens = usage.cache_creation_input_tokens ?? 0
  const reasoningOutputTokens = usage.output_tokens_details?.thinking_tokens
  return {
    inputTokens: (usage.input_tokens ?? 0) + cacheReadInputTokens + cacheWriteInputTokens,
    outputTokens: usage.output_tokens,
    cacheReadInputTokens,
    cacheWriteInputTokens,
    ...(reasoningOutputTokens !== undefined && { reasoningOutputTokens }),
  }
}

/** Returns the usage of totals; input tokens include those of the cache. */
export function usageOfTotals(total: ModelUsage): InferenceUsage {
  return {
    inputTokens: total.inputTokens + total.cacheReadInputTokens + total.cacheCreationInputTokens,
    outputTokens: total.outputTokens,
    cacheReadInputTokens: total.cacheReadInputTokens,
    cacheWriteInputTokens: total.cacheCreationInputTokens,
    ...(total.thinkingTokens !== undefined && { reasoningOutputTokens: total.thinkingTokens }),
  }
}

/** Returns `usage` without `part`. */
export function usageWithout(usage: InferenceUsage, part: InferenceUsage = {}): InferenceUsage {
  const keys = Object.keys(usage) as (keyof InferenceUsage)[]
  return Object.fromEntries(keys.map((key) => [key, Math.max(0, (usage[key] ?? 0) - (part[key] ?? 0))]))
}

/** Returns whether totals under the name `asked` contain an answer of `answered`: `claude-x[1m]` those of `claude-x-20260101`. */
export function isOfModel(answered: string | undefined, asked: string, canonical: string | undefined): boolean {
  if (answered === undefined) return true
  const name = asked.replace(/\[.*\]$/, '')
  return answered === name || answered === canonical || answered.startsWith(`${name}-`) || name.startsWith(`${answered}-`)
}
