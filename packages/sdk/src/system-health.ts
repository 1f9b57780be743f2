import type { ExecutionRecord } from './monitor/execution-record.ts'
import { monitor, type ActiveExecutionsOptions, type ExecutionMetrics, type SystemHealth } from './monitor/monitor.ts'

/** Health of this process now: score 0-100 with what each part took away, error rate, durations, resources. */
export function getSystemHealth(): SystemHealth {
  return monitor.health()
}

/**
 * Sums since the process began, in all and for each agent, and the last finished runs, newest first: `recent` of them, at most the
 * 1,000 that are kept; with `agentName` only those of that agent. @default recent 1000
 */
export function getExecutionMetrics({
  recent = 1000,
  agentName,
}: { readonly recent?: number; readonly agentName?: string | undefined } = {}): ExecutionMetrics {
  return monitor.metrics(Math.max(0, Math.floor(recent) || 0), agentName)
}

/**
 * The runs under way, oldest first: at most `limit` of them (1,000 unless given; `Infinity` for all), with `agentName` only those of
 * that agent. `getSystemHealth().activeExecutions` is how many there are.
 */
export function getActiveExecutions(options: ActiveExecutionsOptions = {}): ExecutionRecord[] {
  return monitor.active(options)
}
