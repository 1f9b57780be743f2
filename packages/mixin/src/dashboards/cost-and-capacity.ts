import type { DashboardPlan } from './panel.ts'
import { capacity } from './cost-and-capacity/capacity.ts'
import { cost } from './cost-and-capacity/cost.ts'
import { processes } from './cost-and-capacity/processes.ts'
import { variants } from './cost-and-capacity/variants.ts'

/** What does the swarm cost, what does it need, and where is that heading? */
export const costAndCapacity: DashboardPlan = {
  uid: 'cost-and-capacity',
  title: 'Cost and capacity',
  description: 'What does the swarm cost, what does it need, and where is that heading?',
  hours: 168,
  agents: 'many',
  rows: [...cost, variants, capacity, processes],
}
