import type { MixinSettings } from '../settings.ts'
import { recovery, tools } from './agent-detail/attempts-and-tools.ts'
import { budgetsAndEffects } from './agent-detail/budgets-and-effects.ts'
import { errorBudget } from './agent-detail/error-budget.ts'
import { modelCalls } from './agent-detail/model-calls.ts'
import { quality } from './agent-detail/quality.ts'
import { progress } from './agent-detail/progress.ts'
import { agentNow, agentRuns, unusual } from './agent-detail/runs.ts'
import { capacity, processes } from './cost-and-capacity/capacity.ts'
import { budget, cost, dailyBudgets } from './cost-and-capacity/cost.ts'
import { experiments } from './cost-and-capacity/experiments.ts'
import { forecast } from './cost-and-capacity/forecast.ts'
import { models } from './cost-and-capacity/models.ts'
import { workQueue } from './cost-and-capacity/work-queue.ts'
import type { DashboardPlan } from './panel.ts'
import { alerting } from './pipeline/alerting.ts'
import { arrival } from './pipeline/arrival.ts'
import { collector } from './pipeline/collector.ts'
import { prometheus } from './pipeline/prometheus.ts'
import { response } from './pipeline/response.ts'
import { alerts } from './swarm-overview/alerts.ts'
import { deployments } from './swarm-overview/deployments.ts'
import { keyNumbers } from './swarm-overview/key-numbers.ts'
import { hourlyCost, retries } from './swarm-overview/retries-and-cost.ts'
import { agentsTable, runs } from './swarm-overview/runs.ts'

/** All dashboards with their rows; the home dashboard first. */
export function dashboardPlans(settings: MixinSettings): readonly DashboardPlan[] {
  return [
    {
      uid: 'swarm-overview',
      title: 'Swarm overview',
      description: 'Is the swarm healthy, and if not, which agent is the cause?',
      hours: 1,
      agents: 'many',
      rows: [keyNumbers(settings), alerts, agentsTable(settings), runs(settings), retries, hourlyCost, deployments],
    },
    {
      // Alerts about an agent link here
      uid: 'agent-detail',
      title: 'Agent detail',
      description: 'What is wrong with this agent? Select it above.',
      hours: 1,
      agents: 'one',
      rows: [
        agentNow(settings),
        agentRuns(settings),
        progress,
        recovery(settings),
        modelCalls(settings),
        tools(settings),
        budgetsAndEffects,
        quality(settings),
        errorBudget(settings),
        unusual,
      ],
    },
    {
      uid: 'cost-and-capacity',
      title: 'Cost and capacity',
      description: 'What does the swarm cost, what does it need, and how will that develop?',
      hours: 168,
      agents: 'many',
      rows: [budget, dailyBudgets, cost, models(settings), experiments, forecast, capacity, workQueue, processes],
    },
    {
      uid: 'pipeline',
      title: 'Pipeline',
      description: 'Does telemetry from agents arrive, and do alerts reach the recipients?',
      hours: 3,
      agents: 'none',
      rows: [arrival, collector, prometheus, alerting(settings), response(settings)],
    },
  ]
}
