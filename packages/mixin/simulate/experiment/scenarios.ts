import { watch, type Found, type TrueVariant, type WatchedExperiment } from './watched-experiment.ts'

/** An experiment that is simulated many times, and the finding that the table counts. */
export interface Scenario {
  readonly title: string
  readonly experiment: Omit<WatchedExperiment, 'seed'>
  /** Day of the finding; Infinity if there is none. */
  readonly foundAt: (found: Found) => number
  /** Bounds of the share of the simulations with the finding, of the promise that the tests keep. */
  readonly promise: { readonly atMost?: number; readonly atLeast?: number }
}

/** Shares of findings, and the median day of them. */
export interface Outcome {
  readonly share: number
  readonly medianDay: number
}

const month = { runsPerDay: 2_000, days: 30 }
const even = (variants: number, success = 0.9): readonly TrueVariant[] =>
  Array.from({ length: variants }, () => ({ share: 1 / variants, success }))
const twoOf = (shares: readonly [number, number], success: readonly [number, number]): readonly TrueVariant[] => [
  { share: shares[0], success: success[0] },
  { share: shares[1], success: success[1] },
]
const anyDifference = ({ difference }: Found): number => difference
const lowerSuccess = ({ lowerSuccess: day }: Found): number => day
const mismatch = ({ mismatch: day }: Found): number => day
const atMost = { atMost: 0.05 }
const users = { count: 1_000, correlation: 0.1 }
const half = [0.5, 0.5] as const
const worse = [0.9, 0.85] as const

/** Experiments without a difference: a finding is a false alarm. */
export const withoutDifference: readonly Scenario[] = [
  ...[2, 3, 4, 5, 6, 7, 8, 9, 10].map((variants): Scenario => ({
    title: `${variants} variants`,
    experiment: { ...month, variants: even(variants) },
    foundAt: anyDifference,
    promise: atMost,
  })),
  {
    title: '3 variants, none called control',
    experiment: { ...month, variants: even(3), hasControl: false },
    foundAt: anyDifference,
    promise: atMost,
  },
  {
    title: '2 variants, success 99 %',
    experiment: { ...month, variants: even(2, 0.99) },
    foundAt: anyDifference,
    promise: atMost,
  },
  {
    title: '2 variants, shares 95 and 5 %',
    experiment: { ...month, variants: twoOf([0.95, 0.05], [0.9, 0.9]) },
    foundAt: anyDifference,
    promise: atMost,
  },
  {
    title: '2 variants, shares 95 and 5 %, success 99 %',
    experiment: { ...month, variants: twoOf([0.95, 0.05], [0.99, 0.99]) },
    foundAt: anyDifference,
    promise: atMost,
  },
  {
    title: '2 variants, 1,000 users, `unit: user`',
    experiment: { ...month, variants: even(2), keys: { ...users, areGrouped: true } },
    foundAt: anyDifference,
    promise: atMost,
  },
  { title: 'shares of 2 variants', experiment: { ...month, variants: even(2) }, foundAt: mismatch, promise: { atMost: 0.01 } },
  {
    title: 'shares, 1,000 users, `unit: user`',
    experiment: { ...month, variants: even(2), keys: { ...users, areGrouped: true } },
    foundAt: mismatch,
    promise: { atMost: 0.01 },
  },
]

/** Experiments with a difference: a finding within the days is right. */
export const withDifference: readonly Scenario[] = [
  {
    title: 'success 85 in place of 90 %, 3 days',
    experiment: { runsPerDay: 2_000, days: 3, variants: twoOf(half, worse) },
    foundAt: lowerSuccess,
    promise: { atLeast: 0.95 },
  },
  {
    title: 'success 85 in place of 90 %, 20,000 users, 3 days',
    experiment: {
      runsPerDay: 2_000,
      days: 3,
      variants: twoOf(half, worse),
      keys: { count: 20_000, correlation: 0.1, areGrouped: true },
    },
    foundAt: lowerSuccess,
    promise: {},
  },
  {
    title: 'one of 3 variants 85 in place of 90 %, 3 days',
    experiment: {
      runsPerDay: 2_000,
      days: 3,
      variants: [...even(2), { share: 1 / 3, success: 0.85 }].map((each) => ({ ...each, share: 1 / 3 })),
    },
    foundAt: lowerSuccess,
    promise: {},
  },
  {
    title: 'shares 55 and 45 in place of 50 and 50 %, 3 days',
    experiment: {
      runsPerDay: 2_000,
      days: 3,
      variants: [
        { share: 0.55, expectedShare: 0.5, success: 0.9 },
        { share: 0.45, expectedShare: 0.5, success: 0.9 },
      ],
    },
    foundAt: mismatch,
    promise: { atLeast: 0.99 },
  },
]

const oldAlarm = (days: number): Scenario => ({
  title: `old rule, 2 variants, ${days} ${days === 1 ? 'day' : 'days'}`,
  experiment: { ...month, days, variants: even(2), hasOldRule: true },
  foundAt: ({ oldDifference }) => oldDifference,
  promise: {},
})

/** For comparison: the rule before, and runs of users that are taken for independent ones. */
export const forComparison: readonly Scenario[] = [
  oldAlarm(1),
  oldAlarm(7),
  oldAlarm(30),
  {
    title: '1,000 users, taken for independent runs',
    experiment: { ...month, variants: even(2), keys: { ...users, areGrouped: false } },
    foundAt: anyDifference,
    promise: {},
  },
]

/** Simulates a scenario with the seeds from `firstSeed` on. */
export function simulate({ experiment, foundAt }: Scenario, simulations: number, firstSeed = 1): Outcome {
  const days = Array.from({ length: simulations }, (_, each) => foundAt(watch({ ...experiment, seed: firstSeed + each })))
    .filter((day) => day <= experiment.days)
    .toSorted((a, b) => a - b)
  return { share: days.length / simulations, medianDay: days[days.length >> 1] ?? Infinity }
}
