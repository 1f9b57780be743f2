import { attribute } from './attributes.ts'
import type { Metric } from './metric.ts'

/** Keys of {@link troubleMetrics} in code. */
export type TroubleMetricKey =
  | 'oldestActive'
  | 'lastProgress'
  | 'paused'
  | 'stuckRun'
  | 'providerRequests'
  | 'providerRetriesAvoided'
  | 'providerBreakerOpen'
  | 'providerQuotaLimit'
  | 'providerQuotaRemaining'
  | 'wastedCost'
  | 'recoveries'
  | 'excessContext'
  | 'guardTrips'

const { agentName, outcome, errorType, requestModel, providerName } = attribute

/** Metrics that show trouble: runs without progress, providers, wasted cost and errors of telemetry. */
export const troubleMetrics: Readonly<Record<TroubleMetricKey, Metric>> = {
  oldestActive: {
    name: 'agent.oldest.active.seconds',
    kind: 'gauge',
    unit: 's',
    description: 'Time since the oldest run of an agent that is in progress began, pauses included; 0 if none is.',
    prometheus: 'agent_oldest_active_seconds',
    attributes: [agentName],
  },
  lastProgress: {
    name: 'agent.last.progress.seconds',
    kind: 'gauge',
    unit: 's',
    description:
      'Time since the last progress of the run of an agent that has made none for longest, without runs that are paused or wait for a retry.',
    prometheus: 'agent_last_progress_seconds',
    attributes: [agentName],
  },
  paused: {
    name: 'agent.paused',
    kind: 'gauge',
    unit: '{run}',
    description: 'Runs in progress that are paused, or wait for a paused run that they called.',
    prometheus: 'agent_paused',
    attributes: [agentName],
  },
  stuckRun: {
    name: 'agent.stuck.run.seconds',
    kind: 'gauge',
    unit: 's',
    description:
      'Time since the last progress of a run, only while it is unusually long (30 s and the 99th percentile of its agent); at most 10 runs of a process.',
    prometheus: 'agent_stuck_run_seconds',
    attributes: [agentName, attribute.executionId, attribute.lastStep],
  },
  providerRequests: {
    name: 'provider.requests',
    kind: 'counter',
    unit: '{request}',
    description: 'Model calls of a provider and model, by outcome. Those that their clients repeat are counted one by one.',
    prometheus: 'provider_requests_total',
    attributes: [providerName, requestModel, outcome],
  },
  providerRetriesAvoided: {
    name: 'provider.retries.avoided',
    kind: 'counter',
    unit: '{attempt}',
    description: 'Attempts that were due and were held back or never made, by reason.',
    prometheus: 'provider_retries_avoided_total',
    attributes: [providerName, requestModel, attribute.reason],
  },
  providerBreakerOpen: {
    name: 'provider.breaker.open',
    kind: 'gauge',
    unit: '',
    description: '1 while the breaker of a provider and model is open or probes, otherwise 0.',
    prometheus: 'provider_breaker_open',
    attributes: [providerName, requestModel],
  },
  providerQuotaLimit: {
    name: 'provider.quota.limit',
    kind: 'gauge',
    unit: '',
    description: 'Limit of a quota, as the last response with rate-limit headers has it.',
    prometheus: 'provider_quota_limit',
    attributes: [providerName, requestModel, attribute.quota],
  },
  providerQuotaRemaining: {
    name: 'provider.quota.remaining',
    kind: 'gauge',
    unit: '',
    description: 'Remaining part of a quota, as the last response with rate-limit headers has it.',
    prometheus: 'provider_quota_remaining',
    attributes: [providerName, requestModel, attribute.quota],
  },
  wastedCost: {
    name: 'agent.cost.wasted.usd',
    kind: 'counter',
    unit: '{USD}',
    description: 'The part of the cost that led to no answer, in US dollars, by the kind of waste and the error that caused it.',
    prometheus: 'agent_cost_wasted_usd_total',
    attributes: [agentName, attribute.waste, errorType],
  },
  recoveries: {
    name: 'agent.recoveries',
    kind: 'counter',
    unit: '{run}',
    description: 'Runs that succeeded after a retry, by the error of their first attempt.',
    prometheus: 'agent_recoveries_total',
    attributes: [agentName, errorType],
  },
  excessContext: {
    name: 'agent.context.excess',
    kind: 'counter',
    unit: '{token}',
    description:
      'Input tokens of model calls beyond twice the input of the first call of the attempt: results of tools and answers that are sent again.',
    prometheus: 'agent_context_excess_total',
    attributes: [agentName, requestModel],
  },
  guardTrips: {
    name: 'swarmwatch.guard.trips',
    kind: 'counter',
    unit: '{trip}',
    description: 'Telemetry errors that were caught so that the agent could continue, by place.',
    prometheus: 'swarmwatch_guard_trips_total',
    attributes: [attribute.where],
  },
}
