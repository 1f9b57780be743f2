import { alertmanagerAndBridge } from './pipeline/alertmanager-and-bridge.ts'
import { arrival } from './pipeline/arrival.ts'
import { collector } from './pipeline/collector.ts'
import { prometheus } from './pipeline/prometheus.ts'
import type { DashboardPlan } from './panel.ts'

/** Does what agents say arrive, and do alerts reach people? */
export const pipeline: DashboardPlan = {
  uid: 'pipeline',
  title: 'Pipeline',
  description: 'Does what agents say arrive, and do alerts reach people?',
  from: 'now-3h',
  rows: [arrival, collector, prometheus, ...alertmanagerAndBridge],
}
