import type { ExecutionRecord } from './monitor/execution-record.ts'
import type { ExecutionMetrics, SystemHealth } from './monitor/monitor.ts'
import { processWide } from './process-wide.ts'

/** Health of this process now: score 0-100 with what each part took away, error rate, durations, resources. */
export function getSystemHealth(): SystemHealth {
  return processWide.monitor.health()
}

/**
 * Sums since the process began, in all and for each agent, and the last finished runs, newest first: `recent` of them, at most the
 * 1,000 that are kept. @default recent 1000
 */
export function getExecutionMetrics({ recent = 1000 }: { readonly recent?: number } = {}): ExecutionMetrics {
  return processWide.monitor.metrics(Math.max(0, Math.floor(recent) || 0))
}

/** The runs under way, oldest first. */
export function getActiveExecutions(): ExecutionRecord[] {
  return processWide.monitor.active()
}
