import { agentErrorAlerts } from './alerts/agent-errors.ts'
import { agentSilenceAlerts } from './alerts/agent-silence.ts'
import { agentSpeedAlerts } from './alerts/agent-speed.ts'
import { bridgeAlerts } from './alerts/bridge.ts'
import { collectorAlerts } from './alerts/collector.ts'
import { costAlerts } from './alerts/cost.ts'
import { errorBudgetAlerts } from './alerts/error-budget.ts'
import { prometheusAlerts } from './alerts/prometheus.ts'
import { swarmAlerts } from './alerts/swarm.ts'
import { unusualAlerts } from './alerts/unusual.ts'
import { watchdog } from './alerts/watchdog.ts'
import { agentRecordings } from './recordings/agents.ts'
import { anomalyRecordings } from './recordings/anomalies.ts'
import { capacityRecordings } from './recordings/capacity.ts'
import { costRecordings } from './recordings/cost.ts'
import { errorBudgetRecordings } from './recordings/error-budget.ts'
import { fleetRecordings } from './recordings/fleet.ts'
import { pipelineRecordings } from './recordings/pipeline.ts'
import { variantRecordings } from './recordings/variants.ts'
import type { RuleGroup } from './rule.ts'
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
      groups: [anomalyRecordings, capacityRecordings, ...variantRecordings, { name: 'unusual-alerts', rules: unusualAlerts }],
    },
    {
      name: 'pipeline.yaml',
      reads: [],
      about: 'The watchers watched: Collector, Prometheus, Alertmanager, bridge.',
      groups: [
        pipelineRecordings,
        { name: 'pipeline-alerts', rules: [...collectorAlerts, ...prometheusAlerts, ...bridgeAlerts, watchdog] },
      ],
    },
  ]
}
