import type { PageValues } from '../values/page-values.ts'
import { agentsSection } from './agents-section.ts'
import { alertsSection } from './alerts-section.ts'
import { conditionOf } from './condition.ts'
import { figuresSection } from './figures-section.ts'
import { isoTime, timeOfDay } from './figures.ts'
import { healthSection } from './health-section.ts'
import { markup } from './markup.ts'
import { recentSection } from './recent-section.ts'
import { runningSection } from './running-section.ts'

/** The parts of the page that change, in the order in which they stand on it. Each is the content of the element with its name as id. */
export const fragmentNames = ['clock', 'health', 'figures', 'alerts', 'running', 'agents', 'recent'] as const
/** The name of a part, which is its id on the page. */
export type FragmentName = (typeof fragmentNames)[number]
/** The HTML of every part. */
export type Fragments = Readonly<Record<FragmentName, string>>

/** All that changes on the page. */
export interface RenderedPage {
  /** `74 degraded`: what a browser's tab says. */
  readonly headline: string
  readonly fragments: Fragments
}

/** Renders every part. */
export function renderPage(values: PageValues): RenderedPage {
  const { score } = values.health
  return {
    // Not rounded up: 99.6 with something taken away is not 100
    headline: `${Math.floor(score)} ${conditionOf(score)}`,
    fragments: {
      clock: `${markup`as of <time datetime="${isoTime(values.atMs)}">${timeOfDay(values.atMs)} UTC</time>`}`,
      health: `${healthSection(values)}`,
      figures: `${figuresSection(values)}`,
      alerts: `${alertsSection(values)}`,
      running: `${runningSection(values)}`,
      agents: `${agentsSection(values)}`,
      recent: `${recentSection(values)}`,
    },
  }
}
