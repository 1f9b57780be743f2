import type { Notice } from '../message/notice.ts'
import type { EscalationStage } from '../store/store.ts'

export interface EscalationPlan {
  readonly fallbackAfterMs: number
  readonly lastResortAfterMs: number
}

/**
 * When to look whether anybody was told. Info has no time: it may wait for the morning; when all its deliveries are dead it is looked at
 * at once, like every other.
 */
export function escalationOf(
  { severity, kind }: Pick<Notice, 'severity' | 'kind'>,
  receivedAt: number,
  { fallbackAfterMs, lastResortAfterMs }: EscalationPlan,
): { readonly stage: EscalationStage; readonly at?: number } {
  if (kind === 'drill' || severity === 'info') return { stage: 'last-resort' }
  if (severity === 'critical') return { stage: 'fallback', at: receivedAt + fallbackAfterMs }
  return { stage: 'last-resort', at: receivedAt + lastResortAfterMs }
}
