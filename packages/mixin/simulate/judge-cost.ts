import { exportedSeries, type SimulatedAgent } from './exported-series.ts'
import type { Fault } from './faults.ts'
import { type Firing, judgeRules } from './judge-rules.ts'
import { pastPrometheus } from './past-prometheus.ts'
import { randomFrom } from './random.ts'
import { minutesPerDay, minutesPerWeek, startSeconds, type TrafficShape } from './traffic-shapes.ts'
import type { RuleGroup } from '../src/rule.ts'
import { ruleThresholds } from '../src/rule-thresholds.ts'
import { label } from '../src/series.ts'

/** Verdict about a swarm on budget, and about one that begins to cost twice the budget. */
export interface CostVerdict {
  readonly shape: string
  /** Alerts of the swarm on budget, in five weeks. */
  readonly alertsOnBudget: number
  /** The projected cost of 30 days against what these 30 days cost: after 7 days, and the worst later. */
  readonly projectionErrors: { readonly afterWeek: number; readonly worst: number }
  /** Share of the days from the second week on whose interval contains what the next 30 days cost. */
  readonly coverage: number
  /** Hours until the swarm at twice the budget was reported. */
  readonly hoursUntilFound: number | undefined
}

const { usdPerMonth } = ruleThresholds.budget
const days = 35
const minutes = days * minutesPerDay
/** Thursday of the fourth week at ten. */
const doubledFrom = 3 * minutesPerWeek + 10 * 60
const doubled: Fault = { name: 'doubled', about: 'twice the runs', minutes: minutes - doubledFrom, effect: () => ({ runs: 2 }) }

/** Simulates a swarm whose last week costs the budget's share, and one that costs twice that from the fourth week on. */
export async function judgeCost(shape: TrafficShape, groups: readonly RuleGroup[], seed = '1'): Promise<CostVerdict> {
  const runsOf = (from: number, length: number): number =>
    Array.from({ length }, (_, n) => shape.expected(from + n)).reduce((sum, runs) => sum + runs, 0)
  const usdPerRun = ((usdPerMonth / 30) * 7) / runsOf(minutes - minutesPerWeek, minutesPerWeek)
  const agents: readonly SimulatedAgent[] = [
    { name: 'on-budget', shape, planted: [], usdPerRun, environment: 'on-budget' },
    { name: 'doubled', shape, planted: [{ fault: doubled, fromMinute: doubledFrom }], usdPerRun, environment: 'doubled' },
  ]
  const prometheus = await pastPrometheus()
  try {
    await prometheus.write(
      agents.flatMap((agent) => exportedSeries(agent, minutes, randomFrom(`${seed} ${shape.name} ${agent.name}`))),
    )
    const span = { start: startSeconds + 60, end: startSeconds + minutes * 60 }
    const firings = await judgeRules(prometheus, groups, ['SwarmCostBudgetBurn'], span, [
      'swarm:cost_usd:projected_month_low',
      'swarm:cost_usd:projected_month_high',
    ])
    const of = (environment: string): readonly Firing[] =>
      firings.filter(({ labels }) => labels[label.environment] === environment)
    const daily = { start: startSeconds + 7 * 86_400, end: span.end }
    const read = async (name: string): Promise<readonly (readonly [number, number])[]> =>
      (await prometheus.evaluate(`swarm:cost_usd:${name}{${label.environment}="on-budget"}`, daily, 86_400))[0]?.samples ?? []
    const truth = (seconds: number): number => runsOf((seconds - startSeconds) / 60, 30 * minutesPerDay) * usdPerRun
    const errors = (await read('projected_month')).map(([time, value]) => Math.abs(value / truth(time) - 1))
    const high = new Map(await read('projected_month_high'))
    const low = await read('projected_month_low')
    const covered = low.filter(([time, value]) => value <= truth(time) && truth(time) <= (high.get(time) ?? 0))
    const found = of('doubled').find(({ fromSeconds }) => fromSeconds >= startSeconds + doubledFrom * 60)
    return {
      shape: shape.name,
      alertsOnBudget: of('on-budget').length,
      projectionErrors: { afterWeek: errors[0] ?? Number.NaN, worst: Math.max(...errors) },
      coverage: covered.length / low.length,
      hoursUntilFound: found === undefined ? undefined : (found.fromSeconds - startSeconds - doubledFrom * 60) / 3_600,
    }
  } finally {
    await prometheus.close()
  }
}
