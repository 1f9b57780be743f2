import { ActiveRuns } from './active-runs.ts'
import { AgentStatistics, type Totals } from './agent-statistics.ts'
import { snapshot, type ExecutionRecord, type Tracked } from './execution-record.ts'
import { healthScore, type HealthScore } from './health-score.ts'
import { ResourceMeter } from './resource-meter.ts'
import { SlidingWindow } from './sliding-window.ts'

const keptExecutions = 1000

/**
 * Health of this process over the sliding window (five minutes unless `healthWindowSeconds` says otherwise). Rates and durations
 * are those of root executions: an agent that another agent calls counts in its own rate only, so that it cannot dilute the swarm's.
 */
export interface SystemHealth extends HealthScore {
  /** Failed share of root executions, 0-1; absent when nothing finished in the window. */
  readonly errorRate?: number
  readonly averageSeconds?: number
  readonly p95Seconds?: number
  /** Executions that run now, waiting and nested ones included. */
  readonly activeExecutions: number
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

/** Tracks the runs of a process in bounded memory; every call costs the same however many runs there were. */
export class Monitor {
  readonly #now: () => number
  readonly #resources: ResourceMeter
  readonly #active = new ActiveRuns<Tracked>()
  readonly #agents = new Map<string, AgentStatistics>()
  readonly #recent: ExecutionRecord[] = []
  #oldest = 0
  #windowSeconds = 300
  #all = new AgentStatistics(this.#windowSeconds)

  constructor(now: () => number = () => performance.now(), resources: ResourceMeter = new ResourceMeter()) {
    this.#now = now
    this.#resources = resources
  }

  /** Changes the window's length; what it held is forgotten. */
  setWindow(seconds: number): void {
    if (seconds === this.#windowSeconds) return
    this.#windowSeconds = seconds
    for (const statistics of [this.#all, ...this.#agents.values()]) statistics.window = new SlidingWindow(seconds)
  }

  started(tracked: Tracked): void {
    this.#active.add(tracked)
  }

  finished(tracked: Tracked): void {
    const { record, series } = tracked
    const now = this.#now()
    this.#active.delete(tracked)
    const own = this.#statistics(series.agentName)
    own.count(record)
    own.observe(record, now)
    this.#all.count(record)
    // A parent that handles the failure of its child has not failed, and one that fails has failed once: health counts roots
    if (record.parentId === undefined) this.#all.observe(record, now)
    if (this.#recent.length < keptExecutions) this.#recent.push(record)
    else {
      this.#recent[this.#oldest] = record
      this.#oldest = (this.#oldest + 1) % keptExecutions
    }
  }

  running(): Iterable<Tracked> {
    return this.#active
  }

  active(): ExecutionRecord[] {
    return Array.from(this.#active, ({ record }) => snapshot(record))
  }

  health(): SystemHealth {
    const { successes, failures, averageSeconds, p95Seconds } = this.#all.window.totals(this.#now())
    const executions = successes + failures
    const errorRate = executions === 0 ? undefined : failures / executions
    const use = this.#resources.use()
    return {
      ...healthScore({ errorRate, p95Seconds, ...use }),
      ...(errorRate !== undefined && { errorRate }),
      ...(averageSeconds !== undefined && { averageSeconds }),
      ...(p95Seconds !== undefined && { p95Seconds }),
      activeExecutions: this.#active.size,
      ...use,
      executions,
    }
  }

  metrics(recent: number): ExecutionMetrics {
    return { ...copyOf(this.#all.totals), agents: this.#agentMetrics(), recent: this.#newest(recent) }
  }

  /** Share of successes in the window, of each agent that has finished a run in it. */
  successRates(): { agentName: string; successRate: number }[] {
    const now = this.#now()
    return Array.from(this.#agents, ([agentName, { window }]) => {
      const { successes, failures } = window.totals(now)
      return { agentName, successRate: successes / (successes + failures) }
    }).filter(({ successRate }) => !Number.isNaN(successRate))
  }

  #newest(wanted: number): ExecutionRecord[] {
    const kept = this.#recent.length
    const newest = (this.#oldest + kept - 1) % Math.max(1, kept)
    return Array.from({ length: Math.min(wanted, kept) }, (_, back) => snapshot(this.#recent[(newest - back + kept) % kept]!))
  }

  #agentMetrics(): AgentMetrics[] {
    const active = new Map<string, number>()
    for (const { series } of this.#active) active.set(series.agentName, (active.get(series.agentName) ?? 0) + 1)
    const now = this.#now()
    const names = [...new Set([...this.#agents.keys(), ...active.keys()])].toSorted()
    return names.map((agentName) => {
      const { totals, window } = this.#statistics(agentName)
      const { successes, failures, averageSeconds, p95Seconds } = window.totals(now)
      return {
        agentName,
        ...copyOf(totals),
        active: active.get(agentName) ?? 0,
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

const copyOf = (totals: Totals): Totals => ({ ...totals, tokens: { ...totals.tokens } })
