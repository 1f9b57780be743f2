/** How well the swarm is, in a word; `swarm:health_score` alerts at the same limits. */
export type Condition = 'healthy' | 'degraded' | 'failing'

export function conditionOf(score: number): Condition {
  if (score >= 80) return 'healthy'
  return score >= 50 ? 'degraded' : 'failing'
}
