import { attribute } from './attributes.ts'
import { scoreBuckets } from './buckets.ts'
import type { Metric } from './metric.ts'

/** Keys of {@link optionMetrics} in code. */
export type OptionMetricKey =
  | 'evaluationScore'
  | 'toolReused'
  | 'toolUncertain'
  | 'budgetExceeded'
  | 'budgetDailyLimit'
  | 'evaluationObjective'
  | 'experimentSums'
  | 'experimentWeight'

const { agentName, variant } = attribute

/** Metrics of what is off by default: evaluations, tools with `once`, budgets and experiments. */
export const optionMetrics: Readonly<Record<OptionMetricKey, Metric>> = {
  evaluationScore: {
    name: 'agent.evaluation.score',
    kind: 'histogram',
    unit: '',
    description: 'Scores of the answers of an agent, by evaluation.',
    prometheus: 'agent_evaluation_score',
    attributes: [agentName, attribute.evaluationName, variant],
    buckets: scoreBuckets,
  },
  toolReused: {
    name: 'agent.tool.reused',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls of tools with once that were answered with the result of an earlier call.',
    prometheus: 'agent_tool_reused_total',
    attributes: [agentName, attribute.toolName],
  },
  toolUncertain: {
    name: 'agent.tool.uncertain',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls of tools with once of which it is unknown whether their effect happened, or whose result was not stored.',
    prometheus: 'agent_tool_uncertain_total',
    attributes: [agentName, attribute.toolName],
  },
  budgetExceeded: {
    name: 'agent.budget.exceeded',
    kind: 'counter',
    unit: '{run}',
    description: 'Runs that were ended or refused because a limit of their budget was exceeded, by limit.',
    prometheus: 'agent_budget_exceeded_total',
    attributes: [agentName, attribute.budget],
  },
  budgetDailyLimit: {
    name: 'agent.budget.daily_limit',
    kind: 'gauge',
    unit: '',
    description: 'Configured limit of an agent for a day (UTC): US dollars, tokens or calls, by limit.',
    prometheus: 'agent_budget_daily_limit',
    attributes: [agentName, attribute.budget],
  },
  evaluationObjective: {
    name: 'agent.evaluation.objective',
    kind: 'gauge',
    unit: '',
    description: 'Configured objective for the mean score of an agent, by evaluation.',
    prometheus: 'agent_evaluation_objective',
    attributes: [agentName, attribute.evaluationName],
  },
  experimentSums: {
    name: 'agent.experiment.sums',
    kind: 'counter',
    unit: '',
    description: 'Sums over the runs of a variant, from which the intervals of its success, duration and cost are computed.',
    prometheus: 'agent_experiment_sums_total',
    attributes: [agentName, attribute.experiment, variant, attribute.sum, attribute.keyGroup],
  },
  experimentWeight: {
    name: 'agent.experiment.weight',
    kind: 'gauge',
    unit: '',
    description: 'Share of the runs that a variant of an experiment should have, 0-1.',
    prometheus: 'agent_experiment_weight',
    attributes: [agentName, attribute.experiment, variant, attribute.unit],
  },
}
