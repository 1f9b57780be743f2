import { attribute } from './attributes.ts'
import { executionBuckets } from './buckets.ts'
import type { Metric } from './metric.ts'

/** Keys of {@link runMetrics} in code. */
export type RunMetricKey =
  | 'executions'
  | 'executionDuration'
  | 'failures'
  | 'successRate'
  | 'errorRate'
  | 'swarmExecutions'
  | 'swarmExecutionDuration'
  | 'activeExecutions'
  | 'attemptDuration'
  | 'retries'
  | 'retryWait'
  | 'tokens'
  | 'cost'
  | 'healthScore'
  | 'resourceUtilization'

const { agentName, outcome, variant, errorType, requestModel } = attribute

/** Metrics of runs, their attempts and cost, and of the process that they run in. */
export const runMetrics: Readonly<Record<RunMetricKey, Metric>> = {
  executions: {
    name: 'agent.executions',
    kind: 'counter',
    unit: '{execution}',
    description: 'Finished executions of an agent, by outcome, including nested executions.',
    prometheus: 'agent_executions_total',
    attributes: [agentName, outcome, variant],
  },
  executionDuration: {
    name: 'agent.execution.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a run, with all its attempts and waits.',
    prometheus: 'agent_execution_duration_seconds',
    attributes: [agentName, outcome, variant],
    buckets: executionBuckets,
  },
  failures: {
    name: 'agent.failures',
    kind: 'counter',
    unit: '{failure}',
    description: 'Runs that failed after all attempts, by reason. Use it for a breakdown; take ratios from agent.executions.',
    prometheus: 'agent_failures_total',
    attributes: [agentName, errorType, variant],
  },
  successRate: {
    name: 'agent.success_rate',
    kind: 'gauge',
    unit: '',
    description: 'Share of runs that succeeded in the last five minutes, 0-1.',
    prometheus: 'agent_success_rate',
    attributes: [agentName],
  },
  errorRate: {
    name: 'system.error_rate',
    kind: 'gauge',
    unit: '',
    description: 'Share of root executions that failed in the last five minutes, 0-1.',
    prometheus: 'system_error_rate',
    attributes: [],
  },
  // Instruments of their own, not a label on `agent.executions`: that keeps the series of the six stable metrics as they are
  swarmExecutions: {
    name: 'swarm.executions',
    kind: 'counter',
    unit: '{execution}',
    description:
      'Finished root executions of all agents, by outcome. A root execution is not part of another execution of the process.',
    prometheus: 'swarm_executions_total',
    attributes: [outcome],
  },
  swarmExecutionDuration: {
    name: 'swarm.execution.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of a root execution, with all its attempts and waits.',
    prometheus: 'swarm_execution_duration_seconds',
    attributes: [outcome],
    buckets: executionBuckets,
  },
  activeExecutions: {
    name: 'active_executions',
    kind: 'upDownCounter',
    unit: '{execution}',
    description: 'Runs in progress, including waiting runs.',
    prometheus: 'active_executions',
    attributes: [agentName],
  },
  attemptDuration: {
    name: 'agent.attempt.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of one attempt, without waiting.',
    prometheus: 'agent_attempt_duration_seconds',
    attributes: [agentName, outcome],
    buckets: executionBuckets,
  },
  retries: {
    name: 'agent.retries',
    kind: 'counter',
    unit: '{retry}',
    description: 'Attempts after the first, by the error that caused them.',
    prometheus: 'agent_retries_total',
    attributes: [agentName, errorType],
  },
  retryWait: {
    name: 'agent.retry.wait',
    kind: 'histogram',
    unit: 's',
    description: 'Actual wait before an attempt.',
    prometheus: 'agent_retry_wait_seconds',
    attributes: [agentName],
    buckets: executionBuckets,
  },
  tokens: {
    name: 'agent.tokens',
    kind: 'counter',
    unit: '{token}',
    description: 'Tokens of all attempts, as the model billed them.',
    prometheus: 'agent_tokens_total',
    attributes: [agentName, requestModel, attribute.direction, variant],
  },
  cost: {
    name: 'agent.cost.usd',
    kind: 'counter',
    unit: '{USD}',
    description: 'Cost of all attempts in US dollars.',
    prometheus: 'agent_cost_usd_total',
    attributes: [agentName, requestModel, variant],
  },
  healthScore: {
    name: 'swarm.health.score',
    kind: 'gauge',
    unit: '',
    description: 'Health of this process, 0-100: errors, slow runs and high resource use lower it.',
    prometheus: 'swarm_health_score',
    attributes: [],
  },
  resourceUtilization: {
    name: 'swarm.resource.utilization',
    kind: 'gauge',
    unit: '',
    description: 'Use of a resource by this process, 0-1: cpu (one core = 1), memory (of the container limit or the machine).',
    prometheus: 'swarm_resource_utilization',
    attributes: [attribute.resource],
  },
}
