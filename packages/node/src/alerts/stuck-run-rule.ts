import { type AgentProgress, getProgress } from '@swarmwatch/sdk'
import { stuckAfterSeconds } from '@swarmwatch/sdk/stuck-run'

/** The value that the rule watches. */
export const stuckRunsWatched =
  'Time without progress of the runs of this process, compared with the usual duration of their agent.'

/**
 * Returns the problem, with the run of this process that has made no progress for longest; undefined if no run is stuck. `timesUsual` is
 * a multiple of the usual duration of its agent.
 */
export function stuckRunFinding(timesUsual: number): string | undefined {
  const worst = worstOf(getProgress(), timesUsual)
  return worst && findingOf(worst)
}

type Stuck = AgentProgress & { readonly slowest: NonNullable<AgentProgress['slowest']> }

/** The agent whose run has made no progress for longest, among those whose run is stuck. */
function worstOf(agents: readonly AgentProgress[], timesUsual: number): Stuck | undefined {
  const stuck = agents.filter(
    (agent): agent is Stuck =>
      agent.slowest !== undefined && agent.slowest.silentSeconds > stuckAfterSeconds(agent.usualSeconds, timesUsual),
  )
  return stuck.toSorted((one, other) => other.slowest.silentSeconds - one.slowest.silentSeconds)[0]
}

function findingOf({ slowest, usualSeconds }: Stuck): string {
  const { agentName, id, silentSeconds, lastStep } = slowest
  const usual = usualSeconds === undefined ? '' : `; 99 % of its runs end within ${shown(usualSeconds)}`
  return `run ${id} of ${agentName} has made no progress for ${shown(silentSeconds)}, since "${lastStep}"${usual}`
}

function shown(seconds: number): string {
  if (seconds >= 120) return `${Math.floor(seconds / 60)} min`
  // Not 0 s for an agent whose runs take milliseconds
  return `${seconds < 10 ? Math.max(0.1, Math.round(seconds * 10) / 10) : Math.round(seconds)} s`
}
