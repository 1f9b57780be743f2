import type { MixinSettings } from '../settings.ts'
import { errorBudget } from './agent-detail/error-budget.ts'
import { modelAndTools } from './agent-detail/model-and-tools.ts'
import { now } from './agent-detail/now.ts'
import { recovery } from './agent-detail/recovery.ts'
import { runsInTime } from './agent-detail/runs-in-time.ts'
import { unusual } from './agent-detail/unusual.ts'
import type { DashboardPlan } from './panel.ts'

/** What is wrong with this agent? Alerts about an agent lead here. */
export function agentDetail(settings: MixinSettings): DashboardPlan {
  return {
    uid: 'agent-detail',
    title: 'Agent detail',
    description: 'What is wrong with this agent? Choose it above.',
    hours: 1,
    agents: 'one',
    rows: [now(settings), runsInTime(settings), recovery, modelAndTools, errorBudget(settings), unusual],
  }
}
