import {
  type ActiveExecutionsOptions,
  type ExecutionMetrics,
  type ExecutionRecord,
  getActiveExecutions,
  getExecutionMetrics,
  getSystemHealth,
  type SystemHealth,
} from '@swarmwatch/sdk'

import type { CurrentAlert } from '../../alerts/start-alert-rules.ts'

/** Where the page takes its values from. */
export interface StatusSources {
  /** @default getSystemHealth */
  readonly health?: () => SystemHealth
  /** @default getExecutionMetrics */
  readonly metrics?: (options: { readonly recent: number; readonly agentName?: string | undefined }) => ExecutionMetrics
  /** At most `limit` of the oldest. @default getActiveExecutions */
  readonly active?: (options: ActiveExecutionsOptions) => readonly ExecutionRecord[]
  /** Worst first; `alertRules.current`. Without it the page says that no rules are evaluated. */
  readonly alerts?: (() => readonly CurrentAlert[]) | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

/** The sources with their defaults. */
export type FilledSources = Required<StatusSources>

/** The sources with the SDK's functions where nothing else was given. */
export function filledSources({
  health = getSystemHealth,
  metrics = getExecutionMetrics,
  active = getActiveExecutions,
  alerts,
  now = () => Date.now(),
}: StatusSources): FilledSources {
  return { health, metrics, active, alerts, now }
}
