import type { SystemHealth } from '@swarmwatch/sdk'

import type { StatusSources } from '../../src/status-page/page-values.ts'
import { noon, sampleHealth, troubledSwarm } from './sample-swarm.ts'

const samples = 180

const { errorRate: _rate, p95Seconds: _p95, ...unmeasured } = sampleHealth({ score: 100, activeExecutions: 1 })
const beforeTheFirstRun: SystemHealth = unmeasured

/**
 * The sample swarm with a past: asked for the 180th time it has got as bad as it is at noon, five
 * seconds each time.
 */
export function quarterHour(): { sources: Required<StatusSources>; isOver: () => boolean } {
  let asked = 0
  const health = (): SystemHealth => {
    asked += 1
    if (asked >= samples) return sampleHealth()
    const share = asked / samples
    const wave = Math.sin(asked / 7)
    if (asked < 15) return beforeTheFirstRun
    const errorRate = Math.max(0, 0.02 + 0.36 * Math.max(0, share - 0.55) + 0.012 * wave)
    return sampleHealth({
      score: 97 - 120 * errorRate,
      errorRate,
      p95Seconds: 2.4 + 9 * share ** 2 + 0.4 * Math.sin(asked / 4),
      activeExecutions: Math.round(5 + 3 * wave),
    })
  }
  const now = (): number => noon - Math.max(0, samples - asked) * 5000
  return { sources: { ...troubledSwarm(), health, now }, isOver: () => asked > samples }
}
