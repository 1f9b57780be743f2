import type { RuleGroup } from './rule.ts'
import { agentErrorAlerts, agentRecordings, agentSpeedAlerts } from './rules/agents.ts'
import { agentSilenceAlerts } from './rules/agent-silence.ts'
import { agentAnomaly, anomalyRecordings } from './rules/anomalies.ts'
import { bridgeAlerts } from './rules/bridge.ts'
import { capacityAlerts, capacityRecordings } from './rules/capacity.ts'
import { collectorAlerts, collectorRecordings } from './rules/collector.ts'
import { costAlerts, costRecordings } from './rules/cost.ts'
import { errorBudgetAlerts, errorBudgetRecordings } from './rules/error-budget.ts'
import { prometheusAlerts, prometheusRecordings } from './rules/prometheus.ts'
import { fleetRecordings, swarmAlerts } from './rules/swarm.ts'
import { agentVariantDiffers, variantRecordings } from './rules/variants.ts'
import { watchdog } from './rules/watchdog.ts'
import type { MixinSettings } from './settings.ts'

/** A file of rules, by its name in `collector/prometheus/rules`. */
export interface RuleFile {
  readonly name: string
  readonly about: string
  /** Other files whose recordings it reads. */
  readonly reads: readonly string[]
  readonly groups: readonly RuleGroup[]
}

/** All rules; a file stands after those that it reads. */
export function ruleFiles(settings: MixinSettings): readonly RuleFile[] {
  return [
    {
      name: 'agents-and-swarm.yaml',
      reads: [],
      about: 'What each agent and the whole swarm do, and when that is wrong.',
      groups: [
        // One group, the swarm's alerts first: Alertmanager knows of a failing swarm before it hears of each failing agent
        {
          name: 'agents-and-swarm',
          rules: [
            ...agentRecordings,
            ...fleetRecordings,
            ...swarmAlerts(settings),
            ...agentErrorAlerts,
            ...agentSpeedAlerts(settings),
          ],
        },
        { name: 'agent-silence', intervalSeconds: 60, rules: agentSilenceAlerts },
      ],
    },
    {
      name: 'error-budget.yaml',
      reads: ['agents-and-swarm.yaml'],
      about: 'How fast each agent spends the failures it may have.',
      groups: [...errorBudgetRecordings, { name: 'error-budget-alerts', rules: errorBudgetAlerts(settings) }],
    },
    {
      name: 'cost.yaml',
      reads: ['agents-and-swarm.yaml', 'error-budget.yaml'],
      about: 'What agents cost, what of it was wasted, and the budget.',
      groups: [costRecordings, { name: 'cost-alerts', rules: costAlerts }],
    },
    {
      name: 'unusual.yaml',
      reads: ['agents-and-swarm.yaml', 'error-budget.yaml', 'cost.yaml'],
      about: 'Anomalies, capacity and the comparison of variants: for information.',
      groups: [
        anomalyRecordings,
        capacityRecordings,
        ...variantRecordings,
        { name: 'unusual-alerts', rules: [agentAnomaly, agentVariantDiffers, ...capacityAlerts] },
      ],
    },
    {
      name: 'pipeline.yaml',
      reads: [],
      about: 'The watchers watched: Collector, Prometheus, Alertmanager, bridge.',
      groups: [
        { name: 'pipeline', intervalSeconds: 60, rules: [...collectorRecordings, ...prometheusRecordings] },
        { name: 'pipeline-alerts', rules: [...collectorAlerts, ...prometheusAlerts, ...bridgeAlerts, watchdog] },
      ],
    },
  ]
}
