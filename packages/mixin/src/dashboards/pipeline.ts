import { alerting } from './pipeline/alerting.ts'
import { arrival } from './pipeline/arrival.ts'
import { collector } from './pipeline/collector.ts'
import { prometheus } from './pipeline/prometheus.ts'
import type { DashboardPlan } from './panel.ts'

/** Does what agents send arrive, and do alerts reach people? */
export const pipeline: DashboardPlan = {
  uid: 'pipeline',
  title: 'Pipeline',
  description: 'Does what agents send arrive, and do alerts reach people?',
  hours: 3,
  agents: 'none',
  rows: [arrival, collector, prometheus, alerting],
}
