import type { RuleGroup } from './rule.ts'
import { agentErrorAlerts, agentRecordings, agentSilenceAlerts, agentSpeedAlerts } from './rules/agents.ts'
import { agentAnomalies, agentDrift, anomalyRecordings } from './rules/anomalies.ts'
import { bridgeAlerts, bridgeRecordings } from './rules/bridge.ts'
import { budgetAlerts, dailyBudgetRecordings } from './rules/budgets.ts'
import { capacityAlerts, capacityRecordings } from './rules/capacity.ts'
import { collectorAlerts, collectorRecordings } from './rules/collector.ts'
import { costAlerts, costRecordings } from './rules/cost.ts'
import { errorBudgetAlerts, errorBudgetRecordings } from './rules/error-budget.ts'
import { forecastAlerts, forecastRecordings } from './rules/forecast.ts'
import { modelCallAlerts, modelCallRecordings } from './rules/model-calls.ts'
import { prometheusAlerts, prometheusRecordings } from './rules/prometheus.ts'
import { experimentAlerts } from './rules/experiment-alerts.ts'
import { experimentRecordings } from './rules/experiments.ts'
import { qualityAlerts, qualityRecordings } from './rules/quality.ts'
import { stuckRunAlerts, stuckRunRecordings } from './rules/stuck-runs.ts'
import { fleetRecordings, swarmAlerts } from './rules/swarm.ts'
import { watchdog } from './rules/watchdog.ts'
import { workQueueAlerts } from './rules/work-queue.ts'
import type { MixinSettings } from './settings.ts'

/** A file of rules, by its name in `collector/prometheus/rules`. */
export interface RuleFile {
  readonly name: string
  readonly about: string
  /** Other files whose recordings it reads. */
  readonly reads: readonly string[]
  readonly groups: readonly RuleGroup[]
}

/** All rules; a file follows the files that it reads. */
export function ruleFiles(settings: MixinSettings): readonly RuleFile[] {
  return [
    {
      name: 'agents-and-swarm.yaml',
      reads: [],
      about: 'Runs of each agent and of the whole swarm, and the alerts about them.',
      groups: [
        // One group, the swarm's alerts first: Alertmanager receives the alert of the swarm before
        // those of its agents
        {
          name: 'agents-and-swarm',
          rules: [
            ...agentRecordings(settings),
            ...fleetRecordings(settings),
            ...swarmAlerts(settings),
            ...agentErrorAlerts,
            ...agentSpeedAlerts(settings),
            ...stuckRunAlerts(settings),
          ],
        },
        stuckRunRecordings(settings),
        { name: 'agent-silence', intervalSeconds: 60, rules: agentSilenceAlerts },
      ],
    },
    {
      name: 'error-budget.yaml',
      reads: ['agents-and-swarm.yaml'],
      about: 'How fast each agent spends its error budget.',
      groups: [...errorBudgetRecordings, { name: 'error-budget-alerts', rules: errorBudgetAlerts(settings) }],
    },
    {
      name: 'cost.yaml',
      reads: ['agents-and-swarm.yaml', 'error-budget.yaml'],
      about: 'Cost of agents, the wasted part of it, and the budget.',
      groups: [costRecordings, { name: 'cost-alerts', rules: costAlerts }],
    },
    {
      name: 'budgets-and-quality.yaml',
      reads: [],
      about: 'Budgets of agents and of runs, effects that are unknown, and scores of answers.',
      groups: [
        dailyBudgetRecordings(settings),
        { name: 'budget-alerts', rules: budgetAlerts },
        qualityRecordings(settings),
        { name: 'quality-alerts', intervalSeconds: 300, rules: qualityAlerts },
      ],
    },
    {
      name: 'model-calls.yaml',
      reads: [],
      about: 'Requests to models: errors of providers, and retries inside clients.',
      groups: [modelCallRecordings(settings), { name: 'model-call-alerts', rules: modelCallAlerts(settings) }],
    },
    {
      name: 'anomalies.yaml',
      reads: [],
      about: 'Values of agents that are unusual for the hour of the week: for information.',
      groups: [...anomalyRecordings(settings), { name: 'anomaly-alerts', rules: [...agentAnomalies, agentDrift] }],
    },
    {
      name: 'capacity.yaml',
      reads: ['agents-and-swarm.yaml'],
      about: 'Active runs and the growth of the traffic, for information, and the queue of the workers.',
      groups: [capacityRecordings(settings), { name: 'capacity-alerts', rules: [...capacityAlerts, ...workQueueAlerts] }],
    },
    {
      name: 'experiments.yaml',
      reads: [],
      about: 'Experiments: variants of agents compared, and their shares of the runs.',
      groups: [experimentRecordings, { name: 'experiment-alerts', rules: experimentAlerts }],
    },
    {
      name: 'forecast.yaml',
      reads: ['agents-and-swarm.yaml', 'error-budget.yaml'],
      about: 'Executions and capacity compared with the forecast of the advisor.',
      groups: [forecastRecordings, { name: 'forecast-alerts', rules: forecastAlerts }],
    },
    {
      name: 'pipeline.yaml',
      reads: [],
      about: 'The pipeline itself: Collector, Prometheus, Alertmanager, bridge.',
      groups: [
        { name: 'pipeline', intervalSeconds: 60, rules: [...collectorRecordings, ...prometheusRecordings] },
        { name: 'bridge', rules: bridgeRecordings },
        { name: 'pipeline-alerts', rules: [...collectorAlerts, ...prometheusAlerts, ...bridgeAlerts, watchdog] },
      ],
    },
  ]
}
