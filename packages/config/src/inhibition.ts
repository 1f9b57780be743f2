import type { Severity } from './channels/channel-definition.ts'

/** Alerts by name; where given, only those with one of the severities, or of the job. */
export interface AlertSelection {
  /** A name that ends in `*` stands for all names that begin so. */
  readonly alerts: readonly string[]
  /** @default all */
  readonly severities?: readonly Severity[]
  /** @default all */
  readonly job?: string
}

/** A firing alert that mutes others with the same cause. */
export interface InhibitionRule {
  /** Name of the rule in Alertmanager. */
  readonly name: string
  readonly source: AlertSelection
  readonly target: AlertSelection
  /**
   * A fleet is a region of an environment. The source mutes only targets of the same agent or
   * fleet, or any target.
   */
  readonly same: 'agent' | 'fleet' | 'anything'
}

/**
 * One broken agent is one message: which alert mutes which others. `pnpm mixin` writes these rules
 * into the configuration of Alertmanager, and the rules in the process use those of fleets, because
 * a process evaluates its agents together.
 */
export const inhibitionRules: readonly InhibitionRule[] = [
  {
    name: 'a failing agent mutes its own lesser alerts',
    source: { alerts: ['AgentErrorRateCritical'] },
    target: {
      alerts: ['AgentErrorRateWarning', 'AgentErrorBudgetBurn', 'AgentRetriesHigh', 'AgentSlowResponses', 'HiddenRetries'],
    },
    same: 'agent',
  },
  {
    name: 'a failing agent mutes the alerts that it causes for its fleet',
    source: { alerts: ['AgentErrorRateCritical'] },
    target: { alerts: ['SwarmHealthLow', 'SystemErrorRateWarning'] },
    same: 'fleet',
  },
  {
    // Not budgets and uncertain effects: a budget may be the cause, and an effect must be checked even so
    name: 'a failing swarm mutes its agents',
    source: { alerts: ['SystemErrorRateCritical'] },
    target: { alerts: ['Agent*', 'HiddenRetries', 'SwarmHealthLow', 'SystemErrorRateWarning'] },
    same: 'fleet',
  },
  {
    name: 'low health mutes the same alert with a lower severity',
    source: { alerts: ['SwarmHealthLow'], severities: ['critical'] },
    target: { alerts: ['SwarmHealthLow'], severities: ['warning', 'info'] },
    same: 'fleet',
  },
  {
    name: 'a burning error budget mutes the same alert with a lower severity',
    source: { alerts: ['AgentErrorBudgetBurn'], severities: ['critical'] },
    target: { alerts: ['AgentErrorBudgetBurn'], severities: ['warning'] },
    same: 'agent',
  },
  {
    name: 'a daily budget that is used up mutes the warning before it',
    source: { alerts: ['DailyBudgetExceeded'] },
    target: { alerts: ['DailyBudgetHigh'] },
    same: 'agent',
  },
  {
    name: 'a drop of quality explains a missed objective',
    source: { alerts: ['AgentQualityDropped'] },
    target: { alerts: ['AgentQualityLow'] },
    same: 'agent',
  },
  {
    name: 'a run without progress explains that no run ends',
    source: { alerts: ['AgentRunStuck'] },
    target: { alerts: ['AgentStuckExecutions'] },
    same: 'agent',
  },
  {
    name: 'an agent with many retries is slow for that reason',
    source: { alerts: ['AgentRetriesHigh'] },
    target: { alerts: ['AgentSlowResponses'] },
    same: 'agent',
  },
  {
    // Agents that do not use the provider are muted, too: their retries are reported when it works again
    name: 'a failing provider explains the retries of its fleet',
    source: { alerts: ['ModelProviderErrors'] },
    target: { alerts: ['AgentRetriesHigh', 'HiddenRetries'] },
    same: 'fleet',
  },
  {
    name: 'an unavailable provider explains its errors and the retries of its fleet',
    source: { alerts: ['ModelProviderUnavailable'] },
    target: { alerts: ['ModelProviderErrors', 'AgentRetriesHigh', 'HiddenRetries'] },
    same: 'fleet',
  },
  {
    // Critical if the model has at least half of the requests of the fleet: one message, not one for each agent
    name: 'an unavailable provider of most model calls mutes its fleet',
    source: { alerts: ['ModelProviderUnavailable'], severities: ['critical'] },
    target: { alerts: ['Agent*', 'SwarmHealthLow', 'SystemErrorRateWarning', 'SystemErrorRateCritical'] },
    same: 'fleet',
  },
  {
    name: 'without a Collector there is no telemetry of agents',
    source: { alerts: ['TargetDown'], job: 'otel-collector' },
    target: { alerts: ['AgentTelemetryAbsent', 'AgentTrafficStopped'] },
    same: 'anything',
  },
  // CollectorDroppingData mutes nothing: an agent can cause it by sending what Prometheus refuses
]
