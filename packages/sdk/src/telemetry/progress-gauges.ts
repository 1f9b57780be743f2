import type { BatchObservableResult, ObservableGauge } from '@opentelemetry/api'

import type { AgentProgress } from '../monitor/run-progress.ts'
import { stuckRun } from '../monitor/stuck-run.ts'
import { attribute } from '../names.ts'
import { processWide } from '../process-wide.ts'

/** Gauges of the runs in progress. */
export type ProgressGauges = Readonly<Record<'oldestActive' | 'lastProgress' | 'paused' | 'stuckRun', ObservableGauge>>

/** Maximum number of runs of a process whose ids are exported at a time. */
const maxNamedRuns = 10

const named = processWide('named-stuck-runs/1', () => ({ value: false }))

/**
 * Exports the ids of runs without progress, in `agent.stuck.run.seconds`. Off by default: a reader of OpenTelemetry that keeps what is no
 * longer observed, as all with cumulative gauges do, would keep every id. The readers of `@swarmwatch/node` do not.
 */
export function exportStuckRuns(isOn: boolean): void {
  named.value = isOn
}

/** Observes the gauges during a collection. Agents without a run in progress have the value 0, so that an alert ends with the run. */
export function observeProgress(result: BatchObservableResult, gauges: ProgressGauges, agents: readonly AgentProgress[]): void {
  for (const { agentName, oldestSeconds, paused, slowest } of agents) {
    const labels = { [attribute.agentName]: agentName }
    result.observe(gauges.oldestActive, oldestSeconds, labels)
    result.observe(gauges.lastProgress, slowest?.silentSeconds ?? 0, labels)
    result.observe(gauges.paused, paused, labels)
  }
  if (!named.value) return
  const slow = agents.flatMap(({ agentName, slowest, usualSeconds = 0 }) =>
    slowest && slowest.silentSeconds > Math.max(stuckRun.leastSeconds, usualSeconds) ? { ...slowest, agentName } : [],
  )
  for (const run of slow.toSorted((one, other) => other.silentSeconds - one.silentSeconds).slice(0, maxNamedRuns))
    result.observe(gauges.stuckRun, run.silentSeconds, {
      [attribute.agentName]: run.agentName,
      [attribute.executionId]: run.id,
      [attribute.lastStep]: run.lastStep,
    })
}
