import { matchers, writer } from '../alerts/agent-series.ts'
import { alertPromises, type Sample } from './rule-promises.ts'
import {
  effectOf,
  effectOfGroups,
  measures,
  noSums,
  shareMargin,
  sharesOfGroups,
  verdictMargin,
  type Sums,
} from '../../simulate/experiment/verdict.ts'

// The rules as shipped, in the real promtool, compute what the simulation computes: docs/statistics.md is about the same numbers

const minutes = 80
/** The rules leave out the last minute, whose samples may be late. */
const counted = '1h20m'
const variants = ['control', 'b', 'c'] as const
const shares = { control: 0.5, b: 0.3, c: 0.2 }
/** A process that runs all the time, one that starts later, and one that ends. */
const processes = [
  { instance: 'all', from: 0, to: minutes },
  { instance: 'late', from: 23, to: minutes },
  { instance: 'ended', from: 0, to: 51 },
] as const
const names: Readonly<Record<keyof Sums | 'exposures', string>> = {
  exposures: 'exposures',
  runs: 'runs',
  successes: 'successes',
  seconds: 'seconds',
  secondsSquared: 'seconds_squared',
  usd: 'usd',
  usdSquared: 'usd_squared',
  usdOfSuccesses: 'usd_of_successes',
}
type Counted = Record<keyof typeof names, number>

/** Runs of a variant: what each process had counted after each minute, and what all had counted at the end. */
interface Recorded {
  readonly series: Record<string, string>
  readonly totals: Counted
}

function recorded(variant: string, random: () => number, group?: number): Recorded {
  const totals: Counted = { exposures: 0, ...noSums() }
  const series: Record<string, string> = {}
  for (const { instance, from, to } of processes) {
    const sums: Counted = { exposures: 0, ...noSums() }
    const history: Record<string, string[]> = {}
    for (let minute = 0; minute <= minutes + 10; minute++) {
      // The last minute that the rules count
      const isCounted = minute < minutes
      if (minute >= from && minute <= to && isCounted) for (let run = random() * 12; run > 0; run -= 1) addRun(sums, random)
      for (const [key, sum] of Object.entries(names)) {
        const isThere = minute >= from && minute <= to + 10
        ;(history[sum] ??= []).push(isThere && minute <= Math.max(to, 0) ? String(sums[key as 'runs']) : '_')
      }
    }
    for (const [sum, values] of Object.entries(history)) {
      if (group !== undefined && !['exposures', 'runs', 'successes', 'seconds', 'usd'].includes(sum)) continue
      const labels = { ...labelsOf(variant), instance, sum, ...(group !== undefined && { key_group: String(group) }) }
      series[`agent_experiment_sums_total${matchers(labels)}`] = values.join(' ')
    }
    for (const key of Object.keys(totals)) totals[key as 'runs'] += sums[key as 'runs']
  }
  return { series, totals }
}

function addRun(sums: Counted, random: () => number): void {
  const [seconds, usd, isSuccess] = [1 + random() * 9, random() * 0.05, random() < 0.8]
  sums.exposures += 1
  sums.runs += 1
  sums.seconds += seconds
  sums.secondsSquared += seconds ** 2
  sums.usd += usd
  sums.usdSquared += usd ** 2
  if (!isSuccess) return
  sums.successes += 1
  sums.usdOfSuccesses += usd
}

const labelsOf = (variant: string): Record<string, string> => ({
  ...writer,
  swarmwatch_experiment: 'prompt',
  swarmwatch_variant: variant,
})
const weights = Object.fromEntries(
  variants.map((variant) => [
    `agent_experiment_weight${matchers({ ...labelsOf(variant), unit: 'run', instance: 'all' })}`,
    `${shares[variant]}x${minutes + 10}`,
  ]),
)
const sample = (variant: string, value: number, measure?: string): Sample => ({
  labels: matchers({ ...labelsOf(variant), ...(measure !== undefined && { measure }) }),
  value: Math.round(value * 1e6) / 1e6,
})
const at = (...samples: Sample[]): Record<string, readonly Sample[]> => ({ [counted]: samples })

const ofRuns = ((): object => {
  const random = numbers(7)
  const all = variants.map((variant) => recorded(variant, random))
  const [control, ...others] = all.map(({ totals }) => totals)
  const effects = others.flatMap((totals, index) =>
    measures.map((measure) => ({ variant: variants[index + 1]!, measure, ...effectOf(measure, totals, control!) })),
  )
  const exposures = all.reduce((sum, { totals }) => sum + totals.exposures, 0)
  return {
    series: { ...weights, ...Object.assign({}, ...all.map(({ series }) => series)) },
    values: {
      'agent:experiment_effect': at(...effects.map(({ variant, measure, effect }) => sample(variant, effect, measure))),
      '1000 * agent:experiment_effect:variance': at(
        ...effects.map(({ variant, measure, variance }) => sample(variant, 1_000 * variance, measure)),
      ),
      'agent:experiment_effect:margin': at(
        ...effects.map(({ variant, measure, variance }) => sample(variant, verdictMargin(measure, variance, 2), measure)),
      ),
      'agent:experiment_share:excess': at(
        ...variants.map((variant, index) => sample(variant, all[index]!.totals.exposures / exposures - shares[variant])),
      ),
      'agent:experiment_share:margin': at(
        ...variants.map((variant) => sample(variant, shareMargin(shares[variant], exposures, 3))),
      ),
    },
  }
})()

const ofGroups = ((): object => {
  const random = numbers(11)
  const all = variants.map((variant) => Array.from({ length: 20 }, (_, group) => recorded(variant, random, group)))
  const groups = all.map((each) => each.map(({ totals }) => totals))
  const effects = [1, 2].flatMap((index) =>
    measures.map((measure) => ({ variant: variants[index]!, measure, ...effectOfGroups(measure, groups[index]!, groups[0]!) })),
  )
  const expected = sharesOfGroups(
    groups.map((each) => each.map(({ exposures }) => exposures)),
    variants.map((variant) => shares[variant]),
  )
  return {
    series: { ...weights, ...Object.assign({}, ...all.flat().map(({ series }) => series)) },
    values: {
      'agent:experiment_effect': at(...effects.map(({ variant, measure, effect }) => sample(variant, effect, measure))),
      '1000 * agent:experiment_effect:variance': at(
        ...effects.map(({ variant, measure, variance }) => sample(variant, 1_000 * variance, measure)),
      ),
      'agent:experiment_effect:margin': at(
        ...effects.map(({ variant, measure, variance }) => sample(variant, verdictMargin(measure, variance, 2, 20), measure)),
      ),
      'agent:experiment_share:excess': at(...variants.map((variant, index) => sample(variant, expected[index]!.excess))),
      'agent:experiment_share:margin': at(...variants.map((variant, index) => sample(variant, expected[index]!.margin))),
    },
  }
})()

alertPromises(
  'AgentVariantDiffers',
  {
    'the rules compute what the simulation computes, for independent runs': { every: '1m', ...ofRuns } as never,
    'the rules compute what the simulation computes, for groups of keys': { every: '1m', ...ofGroups } as never,
  },
  { evaluationInterval: '4m' },
)

/** Uniform numbers from 0 to 1 (Park and Miller). */
function numbers(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}
