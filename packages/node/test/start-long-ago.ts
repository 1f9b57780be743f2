import { startExecution, type ManualExecution } from '@swarmwatch/sdk'
import { systemClock, useClock } from '@swarmwatch/sdk/clock'

/** Starts a run that began, and made its last progress, `seconds` ago. */
export function startLongAgo(agentName: string, seconds = 60): ManualExecution {
  const restore = useClock(() => ({ ...systemClock, wallClock: () => Date.now() - seconds * 1000 }))
  const execution = startExecution(agentName)
  restore()
  return execution
}
