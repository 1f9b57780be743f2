import { thresholds } from '@swarmwatch/config'

/** How well the swarm is, in a word; the alert on its health has the same limits. */
export type Condition = 'healthy' | 'degraded' | 'failing'

const { critical, warning } = thresholds.healthScore

/** The word for a score from 0 to 100. */
export function conditionOf(score: number): Condition {
  if (score >= warning.below) return 'healthy'
  return score >= critical.below ? 'degraded' : 'failing'
}
