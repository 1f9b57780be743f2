import { otherName } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { openBreakers } from '../provider/known-providers.ts'
import { AgentStatistics, type Totals, type Tracked } from './agent-statistics.ts'
import { type ExecutionRecord, snapshot } from './execution-record.ts'
import { healthScore, type HealthScore } from './health-score.ts'
import { ResourceMeter } from './resource-meter.ts'
import { isStuck, progressOf, type AgentProgress } from './run-progress.ts'
import { bucketOf, SlidingWindow } from './sliding-window.ts'

const keptExecutions = 1000
/** Runs of agents beyond the 100 that have a list of their own share one; this many of them are searched for a name. */
const mostSearched = 10_000

/** Options of {@link getActiveExecutions}. */
export interface ActiveExecutionsOptions {
  /** Maximum number of runs, oldest first: a copy of 100,000 records would block the event loop. @default 1000 */
  readonly limit?: number
  /** Only runs of this agent. @default all agents */
  readonly agentName?: string | undefined
}

/**
 * Health of this process over the sliding window (five minutes unless `healthWindowSeconds` is set). Rates and durations
 * are those of root executions: an agent that another agent calls counts in its own rate only, so that it cannot dilute the swarm's.
 */
export interface SystemHealth extends HealthScore {
  /** Failed share of root executions, 0-1; absent if none finished in the window. */
  readonly errorRate?: number
  readonly averageSeconds?: number
  readonly p95Seconds?: number
  /** Executions in progress, including waiting and nested ones. */
  readonly activeExecutions: number
  /** Of these, the runs that wait for their next attempt. */
  readonly waitingExecutions: number
  /** Models whose breaker is open: runs of agents with `recovery.provider.breaker` wait for them. */
  readonly unavailableModels: number
  /** Agents with at least one run in progress. */
  readonly activeAgents: number
  /** CPU use of the process, 1 = one core. */
  readonly cpu: number
  /** Resident memory as a share of the container's limit or the machine's memory, 0-1. */
  readonly memory: number
  /** Root executions in the window that succeeded or failed. */
  readonly executions: number
}

/** Sums of one agent since the process began; rate and durations over the sliding window. */
export interface AgentMetrics extends Readonly<Totals> {
  readonly agentName: string
  readonly active: number
  readonly successRate?: number
  readonly averageSeconds?: number
  readonly p95Seconds?: number
}

/** Sums of all agents since the process began, each agent's, and the last 1,000 finished runs, newest first. */
export interface ExecutionMetrics extends Readonly<Totals> {
  readonly agents: readonly AgentMetrics[]
  readonly recent: readonly ExecutionRecord[]
}

/** Returns the health of this process: the score (0-100) with the points lost to each part, error rate, durations, resources. */
export function getSystemHealth(): SystemHealth {
  return monitor.health()
}

/**
 * Returns the sums since the process started, in total and for each agent, and the last `recent` finished runs, newest first (at most
 * 1,000); with `agentName`, only runs of this agent. @default recent 1000
 */
export function getExecutionMetrics({
  recent = 1000,
  agentName,
}: { readonly recent?: number; readonly agentName?: string | undefined } = {}): ExecutionMetrics {
  return monitor.metrics(Math.max(0, Math.floor(recent) || 0), agentName)
}

/**
 * Returns the active runs, oldest first: at most `limit` (1,000 by default, `Infinity` for all); with `agentName`, only those of this
 * agent. `getSystemHealth().activeExecutions` is their number.
 */
export function getActiveExecutions(options: ActiveExecutionsOptions = {}): ActiveExecution[] {
  return monitor.active(options)
}

/** Returns the progress of the runs of each agent that are in progress. The cost rises with their number: 20 ms of CPU time for 100,000. */
export function getProgress(): AgentProgress[] {
  return monitor.progress()
}

/** A run in progress. */
export interface ActiveExecution extends ExecutionRecord {
  /**
   * Whether it has made no progress for three times the usual duration of its agent (at least 30 s; 15 minutes while fewer than 20
   * successful runs are known), and is neither paused nor waiting for a next attempt.
   */
  readonly isStuck: boolean
}

/** Tracks the runs of a process in bounded memory; every call costs the same however many runs there were. */
export class Monitor {
  readonly #now: () => number
  readonly #resources: ResourceMeter
  readonly #agents = new Map<string, AgentStatistics>()
  readonly #recent: ExecutionRecord[] = []
  readonly #continued = new WeakSet<ExecutionRecord>()
  #oldest = 0
  #started = 0
  #waiting = 0
  #windowSeconds = 300
  #all = new AgentStatistics(this.#windowSeconds)

  constructor(now: () => number = () => performance.now(), resources: ResourceMeter = new ResourceMeter()) {
    this.#now = now
    this.#resources = resources
  }

  /** Changes the window's length and clears it. */
  setWindow(seconds: number): void {
    if (seconds === this.#windowSeconds) return
    this.#windowSeconds = seconds
    for (const statistics of [this.#all, ...this.#agents.values()]) statistics.window = new SlidingWindow(seconds)
  }

  started(tracked: Tracked): void {
    tracked.order = this.#started
    this.#started += 1
    this.#statistics(tracked.series.agentName).active.add(tracked)
  }

  /** Changes the state of a run, and counts those that wait. */
  changed(record: ExecutionRecord, state: ExecutionRecord['state']): void {
    this.#waiting += Number(state === 'waiting') - Number(record.state === 'waiting')
    record.state = state
  }

  /** `retries` are those that happened since the run was last counted. @default all */
  finished(tracked: Tracked, retries?: number): void {
    const now = this.#now()
    const { record } = tracked
    const own = this.attempted(tracked, retries)
    // Once for both: the logarithm costs as much as the rest
    const bucket = bucketOf(record.durationSeconds ?? 0)
    own.observe(record, now, bucket)
    // A parent that handles the failure of its child has not failed, and one that fails has failed once: health counts roots
    if (record.parentId === undefined) this.#all.observe(record, now, bucket)
  }

  /** Ends the part of this process in a run: one that has ended, or one whose queue continues it. */
  attempted(tracked: Tracked, retries?: number): AgentStatistics {
    const { record, series } = tracked
    const own = this.#statistics(series.agentName)
    own.active.delete(tracked)
    own.count(record, retries)
    this.#all.count(record, retries)
    if (this.#recent.length < keptExecutions) this.#recent.push(record)
    else {
      this.#recent[this.#oldest] = record
      this.#oldest = (this.#oldest + 1) % keptExecutions
    }
    return own
  }

  /** Hides the record of a run that a queue owned: another record of this process continues it. */
  continued(record: ExecutionRecord): void {
    this.#continued.add(record)
  }

  /** Number of runs in progress for each agent; agents without one are left out. */
  activeByAgent(): { agentName: string; active: number }[] {
    return Array.from(this.#agents, ([agentName, { active }]) => ({ agentName, active: active.size })).filter(
      ({ active }) => active > 0,
    )
  }

  /** Copies of the oldest runs in progress. The cost depends on the limit and the number of agents, not on the number of runs. */
  active({ limit = keptExecutions, agentName }: ActiveExecutionsOptions = {}): ActiveExecution[] {
    const most = Math.max(0, Math.floor(limit) || 0)
    const shown = this.#shown()
    if (agentName === undefined) return oldest([...this.#agents.values()], most).map(shown)
    const own = this.#agents.get(agentName)
    if (own) return oldest([own], most).map(shown)
    const others = this.#agents.get(otherName)
    if (!others) return []
    return oldest([others], mostSearched)
      .filter(({ record }) => record.agentName === agentName)
      .slice(0, most)
      .map(shown)
  }

  /** Progress of each agent that has run. Looks at every run in progress. */
  progress(): AgentProgress[] {
    const nowMs = Date.now()
    return Array.from(this.#agents, ([agentName, { active, usual }]) =>
      progressOf(agentName, active.oldest, usual.seconds(), nowMs),
    )
  }

  /** Returns a function that copies runs; the usual duration of an agent is looked up once. */
  #shown(): (run: Tracked) => ActiveExecution {
    const nowMs = Date.now()
    const usual = new Map<string, number | undefined>()
    return (run) => {
      const { record, series } = run
      const { agentName } = series
      if (!usual.has(agentName)) usual.set(agentName, this.#statistics(agentName).usual.seconds())
      return { ...snapshot(record), isStuck: isStuck(run, record, usual.get(agentName), nowMs) }
    }
  }

  health(): SystemHealth {
    const { successes, failures, averageSeconds, p95Seconds } = this.#all.window.totals(this.#now())
    const executions = successes + failures
    const errorRate = executions === 0 ? undefined : failures / executions
    const use = this.#resources.use()
    const active = this.activeByAgent()
    return {
      ...healthScore({ errorRate, p95Seconds, ...use }),
      ...(errorRate !== undefined && { errorRate }),
      ...(averageSeconds !== undefined && { averageSeconds }),
      ...(p95Seconds !== undefined && { p95Seconds }),
      activeExecutions: active.reduce((sum, agent) => sum + agent.active, 0),
      waitingExecutions: this.#waiting,
      unavailableModels: openBreakers(),
      activeAgents: active.length,
      ...use,
      executions,
    }
  }

  metrics(recent: number, agentName?: string): ExecutionMetrics {
    return { ...copyOf(this.#all.totals), agents: this.#agentMetrics(), recent: this.#newest(recent, agentName) }
  }

  /** Share of successes in the window, of each agent that has finished a run in it. */
  successRates(): { agentName: string; successRate: number }[] {
    const now = this.#now()
    return Array.from(this.#agents, ([agentName, { window }]) => {
      const { successes, failures } = window.totals(now)
      return { agentName, successRate: successes / (successes + failures) }
    }).filter(({ successRate }) => !Number.isNaN(successRate))
  }

  #newest(wanted: number, agentName: string | undefined): ExecutionRecord[] {
    const kept = this.#recent.length
    const newest = (this.#oldest + kept - 1) % Math.max(1, kept)
    const found: ExecutionRecord[] = []
    for (let back = 0; back < kept && found.length < wanted; back += 1) {
      const record = this.#recent[(newest - back + kept) % kept]!
      if (this.#continued.has(record)) continue
      if (agentName === undefined || this.#isOf(record, agentName)) found.push(snapshot(record))
    }
    return found
  }

  /** Agents without a name of their own in the metrics are shown as one, and found under that name too. */
  #isOf(record: ExecutionRecord, agentName: string): boolean {
    return record.agentName === agentName || (agentName === otherName && !this.#agents.has(record.agentName))
  }

  #agentMetrics(): AgentMetrics[] {
    const now = this.#now()
    return [...this.#agents.keys()].toSorted().map((agentName) => {
      const { totals, window, active } = this.#statistics(agentName)
      const { successes, failures, averageSeconds, p95Seconds } = window.totals(now)
      return {
        agentName,
        ...copyOf(totals),
        active: active.size,
        ...(successes + failures > 0 && { successRate: successes / (successes + failures) }),
        ...(averageSeconds !== undefined && { averageSeconds }),
        ...(p95Seconds !== undefined && { p95Seconds }),
      }
    })
  }

  #statistics(agentName: string): AgentStatistics {
    let statistics = this.#agents.get(agentName)
    if (!statistics) this.#agents.set(agentName, (statistics = new AgentStatistics(this.#windowSeconds)))
    return statistics
  }
}

/** The monitor of this process. */
export const monitor: Monitor = processWide('monitor/4', () => new Monitor())

const copyOf = (totals: Totals): Totals => ({ ...totals, tokens: { ...totals.tokens } })

/** The `limit` oldest runs of all the lists, each of which has its oldest first. */
function oldest(lists: readonly Pick<AgentStatistics, 'active'>[], limit: number): Tracked[] {
  const heads = lists.flatMap(({ active }) => active.oldest ?? [])
  const found: Tracked[] = []
  while (found.length < limit && heads.length > 0) {
    let first = 0
    for (let index = 1; index < heads.length; index += 1) if (heads[index]!.order < heads[first]!.order) first = index
    const run = heads[first]!
    found.push(run)
    if (run.later) heads[first] = run.later
    else heads.splice(first, 1)
  }
  return found
}
