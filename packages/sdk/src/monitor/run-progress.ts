import type { Tracked } from './agent-statistics.ts'
import type { ExecutionRecord } from './execution-record.ts'
import { stuckAfterSeconds } from './stuck-run.ts'

/** Progress of the runs of an agent that are in progress. */
export interface AgentProgress {
  /** As in the metrics: `__other__` after 100 names. */
  readonly agentName: string
  /** Seconds since its oldest run in progress began; 0 if none is. */
  readonly oldestSeconds: number
  /** Runs that are paused, or wait for a paused run that they called. */
  readonly paused: number
  /** Usual duration of its runs in seconds: the 99th percentile; undefined while this process has seen fewer than 20 successful runs. */
  readonly usualSeconds: number | undefined
  /** The run that has made no progress for longest; runs that are paused or wait for their next attempt do not count. */
  readonly slowest: SlowestRun | undefined
}

/** A run and the time since its last progress. */
export interface SlowestRun {
  readonly id: string
  readonly agentName: string
  readonly traceId: string | undefined
  readonly silentSeconds: number
  /** The step after which it has made no progress, without notes of `progress()`: such as `tool call started: search`. */
  readonly lastStep: string
}

/** Looks at every run of the list. */
export function progressOf(
  agentName: string,
  first: Tracked | undefined,
  usualSeconds: number | undefined,
  nowMs: number,
): AgentProgress {
  let oldestMs = nowMs
  let paused = 0
  let slowest: Tracked | undefined
  for (let run = first; run; run = run.later) {
    const { record } = run
    if (record.startedAt < oldestMs) oldestMs = record.startedAt
    if (record.paused) paused += 1
    if (!run.isHeld && (!slowest || record.lastProgressAt < slowest.record.lastProgressAt)) slowest = run
  }
  return {
    agentName,
    oldestSeconds: (nowMs - oldestMs) / 1000,
    paused,
    usualSeconds,
    slowest: slowest && {
      id: slowest.record.id,
      agentName: slowest.record.agentName,
      traceId: slowest.record.traceId,
      silentSeconds: silentSeconds(slowest.record, nowMs),
      lastStep: slowest.lastStep,
    },
  }
}

/** Whether a run has made no progress for so long that it is stuck. */
export function isStuck({ isHeld }: Tracked, record: ExecutionRecord, usualSeconds: number | undefined, nowMs: number): boolean {
  return !isHeld && silentSeconds(record, nowMs) > stuckAfterSeconds(usualSeconds)
}

function silentSeconds({ lastProgressAt }: ExecutionRecord, nowMs: number): number {
  return Math.max(0, nowMs - lastProgressAt) / 1000
}
