import type { MixinSettings } from '../settings.ts'
import type { DashboardPlan } from './panel.ts'
import { alerts } from './swarm-overview/alerts.ts'
import { deployments } from './swarm-overview/deployments.ts'
import { keyNumbers } from './swarm-overview/key-numbers.ts'
import { retriesAndCost } from './swarm-overview/retries-and-cost.ts'
import { runs } from './swarm-overview/runs.ts'

/** Is the swarm well, and if not, which agent is it? The home dashboard. */
export function swarmOverview(settings: MixinSettings): DashboardPlan {
  return {
    uid: 'swarm-overview',
    title: 'Swarm overview',
    description: 'Is the swarm well, and if not, which agent is it?',
    hours: 1,
    agents: 'many',
    rows: [keyNumbers(settings), alerts, ...runs(settings), ...retriesAndCost, deployments],
  }
}
