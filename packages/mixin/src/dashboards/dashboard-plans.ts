import type { MixinSettings } from '../settings.ts'
import { agentDetail } from './agent-detail.ts'
import { costAndCapacity } from './cost-and-capacity.ts'
import type { DashboardPlan } from './panel.ts'
import { pipeline } from './pipeline.ts'
import { swarmOverview } from './swarm-overview.ts'

/** All dashboards, the home dashboard first. */
export function dashboardPlans(settings: MixinSettings): readonly DashboardPlan[] {
  return [swarmOverview(settings), agentDetail(settings), costAndCapacity, pipeline]
}
