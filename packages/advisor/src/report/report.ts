/** A value with the interval that it lies in with a probability of 90 %. */
export interface Interval {
  readonly low: number
  readonly middle: number
  readonly high: number
}

/** Signals that are forecast, each as hourly amounts. */
export const signals = ['executions', 'cost_usd'] as const
/** One of {@link signals}. */
export type Signal = (typeof signals)[number]

/** The forecast of one signal of one agent. */
export interface SignalForecast {
  /** Undefined for the whole swarm. */
  readonly agentName: string | undefined
  readonly signal: Signal
  readonly model: string
  /** Mean absolute error divided by that of "as one week ago", or "one day ago" with less history; below 1 is better. */
  readonly relativeError: number
  readonly baselineModel: string
  readonly next24Hours: Interval
  /** Undefined with less than three weeks of history: weeks differ by an amount that two do not show. */
  readonly next7Days: Interval | undefined
  /** The busiest hour of the next 7 days. */
  readonly peakHour: Interval | undefined
  /** The last lasting change of the level: ISO 8601, and the level after it divided by the level before it. */
  readonly change: { readonly at: string; readonly ratio: number } | undefined
}

/** Use of one resource at the predicted peak of the next 7 days. */
export interface ResourcePlan {
  /** `workers`, `quota:openai:gpt-5:requests`, `prometheus_disk`, `prometheus_series`. */
  readonly resource: string
  /** Amount that is there now. */
  readonly available: number
  /** Amount that the peak needs. */
  readonly needed: Interval
  /** Free share at the high end of the interval; below 0 the resource is too small. */
  readonly headroomRatio: number
  /** How it was computed, in one sentence. */
  readonly evidence: string
}

/** The capacity plan of the swarm. */
export interface CapacityPlan {
  readonly resources: readonly ResourcePlan[]
  /** Values for an autoscaler; undefined without enough history. */
  readonly autoscaling:
    | {
        readonly minWorkers: number
        readonly maxWorkers: number
        /** Active executions of one worker at which another one is needed. */
        readonly targetActivePerWorker: number
      }
    | undefined
}

/** A finding that would save money. */
export interface Advice {
  /** Kind of the finding, a value of the label `advice`. */
  readonly advice: AdviceKind
  /** Undefined where the finding concerns a model and its agents are unknown. */
  readonly agentName: string | undefined
  /** The variant that it concerns, if it is one. */
  readonly variant?: string
  readonly usdPerMonth: number
  /** The numbers that the finding rests on, in one or two sentences. */
  readonly evidence: string
  /** The change to make, in one sentence. */
  readonly fix: string
}

/** Kinds of advice. */
export const adviceKinds = [
  'failed_work',
  'useless_retries',
  'retried_work',
  'truncated_answers',
  'low_cache_share',
  'growing_context',
  'expensive_model',
  'batch_price',
] as const
/** One of {@link adviceKinds}. */
export type AdviceKind = (typeof adviceKinds)[number]

/** Parts of the cost of an agent in a time; they add up to `total`. */
export interface CostParts {
  readonly agentName: string
  readonly total: number
  /** Runs that succeeded, without their failed attempts. */
  readonly useful: number
  /** Failed attempts of runs that then succeeded. */
  readonly retried: number
  /** First attempts of runs that failed. */
  readonly failed: number
  /** Further attempts of runs that failed. */
  readonly uselessRetries: number
  /** Runs that were cancelled. */
  readonly cancelled: number
}

/** Cost of the calendar month (UTC). */
export interface MonthCost {
  /** `2026-11`. */
  readonly month: string
  readonly spentUsd: number
  readonly expectedUsd: Interval
  readonly next30DaysUsd: Interval
  readonly budgetUsd: number | undefined
}

/** Everything that the advisor found. */
export interface Report {
  /** ISO 8601. */
  readonly at: string
  readonly history: { readonly hours: number; readonly gapHours: number; readonly agents: number }
  /** Limits of this report, as sentences: what was missing, and what was therefore left out. */
  readonly notices: readonly string[]
  readonly forecasts: readonly SignalForecast[]
  readonly capacity: CapacityPlan
  readonly month: MonthCost | undefined
  readonly advice: readonly Advice[]
  readonly costParts: readonly CostParts[]
}
