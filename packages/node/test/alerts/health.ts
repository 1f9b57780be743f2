import type { SystemHealth } from '@swarmwatch/sdk'

/** The health of a quiet process, but for what is given. */
export function healthOf(given: Partial<SystemHealth> = {}): SystemHealth {
  const nothingLost = { errorRate: 0, p95: 0, resources: 0 }
  return {
    score: 100,
    lost: nothingLost,
    activeExecutions: 0,
    waitingExecutions: 0,
    unavailableModels: 0,
    activeAgents: 0,
    cpu: 0.1,
    memory: 0.1,
    executions: 100,
    ...given,
  }
}
