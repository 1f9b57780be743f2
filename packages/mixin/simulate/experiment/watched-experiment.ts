import { ruleThresholds } from '../../src/rule-thresholds.ts'
import { oldRule } from './old-rule.ts'
import {
  effectOf,
  effectOfGroups,
  leastSquaredFactor,
  measures,
  noSums,
  shareMargin,
  sharesOfGroups,
  verdictMargin,
  type Sums,
} from './verdict.ts'

const { leastRuns, ratio } = ruleThresholds.experiments

/** How the runs of a variant end in truth. */
export interface TrueVariant {
  /** Share of the runs that it gets. */
  readonly share: number
  /** Share that it should get. @default share */
  readonly expectedShare?: number
  /** Probability of success. */
  readonly success: number
}

/** An experiment that is watched from its start: at each evaluation of the rules. */
export interface WatchedExperiment {
  /** The first one is the control, unless `hasControl` is false. */
  readonly variants: readonly TrueVariant[]
  /** @default true */
  readonly hasControl?: boolean
  readonly runsPerDay: number
  readonly days: number
  readonly seed: number
  /** Also watches with the rule before. @default false */
  readonly hasOldRule?: boolean
  /** Runs of a key resemble each other: their number of keys, and how much the keys differ (intraclass correlation). @default runs are independent */
  readonly keys?: { readonly count: number; readonly correlation: number; readonly areGrouped: boolean }
}

/** Days after the start at which something was first found; Infinity if never. */
export interface Found {
  /** Any difference: a verdict of any variant in any measure. */
  readonly difference: number
  /** Any variant that succeeds less often. */
  readonly lowerSuccess: number
  /** Shares that are not as expected. */
  readonly mismatch: number
  /** A difference by the rule before: a z-test of the last day. */
  readonly oldDifference: number
}

/** Runs between two evaluations: 2,000 runs a day and one evaluation in four minutes. */
const runsPerLook = 6
const groupCount = 20

/** Simulates an experiment run by run, with the arithmetic of the rules at each look. */
export function watch(experiment: WatchedExperiment): Found {
  const { variants, hasControl = true, runsPerDay, days, seed, keys, hasOldRule = false } = experiment
  const random = sfc32(seed)
  const uniform = (): number => random() / 4_294_967_296
  const sums = variants.map(noSums)
  const groups = keys && variants.map(() => Array.from({ length: groupCount }, noSums))
  const users = keys && usersOf(keys.count, keys.correlation, variants, uniform)
  const old = hasOldRule ? oldRule(variants.length, runsPerDay) : undefined
  const comparisons = hasControl ? variants.length - 1 : variants.length === 2 ? 1 : variants.length
  const leastSquared = leastSquaredFactor(comparisons)
  const found = { difference: Infinity, lowerSuccess: Infinity, mismatch: Infinity, oldDifference: Infinity }
  const total = runsPerDay * days
  let nextComparison = 0
  for (let run = 1; run <= total; run++) {
    const user = users?.[(uniform() * uniform() * users.length) | 0]
    let fraction = uniform()
    let variant = 0
    if (user) {
      variant = user.variant
    } else {
      while (variant < variants.length - 1 && fraction >= variants[variant]!.share) fraction -= variants[variant++]!.share
      // Again uniform, and independent of the variant
      fraction /= variants[variant]!.share
    }
    const isSuccess = fraction < (user?.success ?? variants[variant]!.success)
    const bits = random()
    const factor = user?.factor ?? 1
    const seconds = logNormal[bits & 16_383]! * factor
    const usd = logNormal[(bits >>> 14) & 16_383]! * 0.02 * factor
    count(sums[variant]!, isSuccess, seconds, usd)
    if (user) count(groups![variant]![user.group]!, isSuccess, seconds, usd)
    old?.count(run, variant, isSuccess)
    if (run % runsPerLook === 0) look(run)
  }
  return found

  function look(run: number): void {
    const day = run / runsPerDay
    if (old && found.oldDifference === Infinity && old.isDifferent()) found.oldDifference = day
    if (found.mismatch === Infinity && isMismatched(variants, sums, keys?.areGrouped ? groups : undefined)) found.mismatch = day
    if (run < nextComparison || (found.difference < Infinity && found.lowerSuccess < Infinity)) return
    let nearest = 0
    for (let each = hasControl ? 1 : 0; each < variants.length; each++) {
      const reference = hasControl ? sums[0]! : othersOf(sums, each)
      if (sums[each]!.runs < leastRuns || reference.runs < leastRuns) continue
      for (const measure of measures) {
        const { effect, variance } = keys?.areGrouped
          ? effectOfGroups(measure, groups![each]!, groups![0]!)
          : effectOf(measure, sums[each]!, reference)
        // Most looks are far from a verdict: the logarithms of the margin are not needed
        nearest = Math.max(nearest, (effect * effect) / (variance * leastSquared))
        if (effect * effect <= variance * leastSquared) continue
        if (Math.abs(effect) <= verdictMargin(measure, variance, comparisons, keys?.areGrouped ? groupCount : undefined)) continue
        found.difference = Math.min(found.difference, day)
        if (measure === 'success' && effect < 0) found.lowerSuccess = Math.min(found.lowerSuccess, day)
      }
    }
    // From two standard deviations, 1 % more runs never reach a verdict: those looks are left out, and nothing changes
    if (nearest < 0.5) nextComparison = run + run / 100
  }
}

function isMismatched(
  variants: readonly TrueVariant[],
  sums: readonly Sums[],
  groups: readonly (readonly Sums[])[] | undefined,
): boolean {
  let total = 0
  for (const { runs } of sums) total += runs
  if (total < ratio.leastExposures) return false
  if (groups) {
    const expected = variants.map(({ share, expectedShare = share }) => expectedShare)
    const shares = sharesOfGroups(
      groups.map((each) => each.map(({ runs }) => runs)),
      expected,
    )
    return shares.some(({ excess, margin }) => Math.abs(excess) > margin)
  }
  for (let each = 0; each < variants.length; each++) {
    const { share, expectedShare = share } = variants[each]!
    const excess = sums[each]!.runs / total - expectedShare
    // As above: z is at least 2.5
    if (excess * excess * total <= 6 * expectedShare * (1 - expectedShare)) continue
    if (Math.abs(excess) > shareMargin(expectedShare, total, variants.length)) return true
  }
  return false
}

function count(sums: Sums, isSuccess: boolean, seconds: number, usd: number): void {
  sums.runs += 1
  sums.seconds += seconds
  sums.secondsSquared += seconds * seconds
  sums.usd += usd
  sums.usdSquared += usd * usd
  if (!isSuccess) return
  sums.successes += 1
  sums.usdOfSuccesses += usd
}

function othersOf(sums: readonly Sums[], own: number): Sums {
  const others = noSums()
  for (const [each, one] of sums.entries()) {
    if (each === own) continue
    for (const key of Object.keys(one) as (keyof Sums)[]) others[key] += one[key]
  }
  return others
}

interface User {
  readonly variant: number
  readonly group: number
  readonly success: number
  /** Of its durations and costs. */
  readonly factor: number
}

/** Users with success probabilities of a beta distribution, whose runs correlate as asked, and durations of their own. */
function usersOf(count: number, correlation: number, variants: readonly TrueVariant[], random: () => number): readonly User[] {
  return Array.from({ length: count }, () => {
    let fraction = random()
    let variant = 0
    while (variant < variants.length - 1 && fraction >= variants[variant]!.share) fraction -= variants[variant++]!.share
    const { success } = variants[variant]!
    // A beta distribution whose variance is this part of that of a single run
    const spread = 1 / correlation - 1
    return {
      variant,
      group: (random() * groupCount) | 0,
      success: beta(success * spread, (1 - success) * spread, random),
      factor: Math.exp(0.5 * normal(random)),
    }
  })
}

function beta(a: number, b: number, random: () => number): number {
  const [x, y] = [gamma(a, random), gamma(b, random)]
  return x / (x + y)
}

/** Marsaglia and Tsang; a shape below 1 by one power of a uniform number. */
function gamma(shape: number, random: () => number): number {
  if (shape < 1) return gamma(shape + 1, random) * random() ** (1 / shape)
  const d = shape - 1 / 3
  for (;;) {
    const x = normal(random)
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(1 - random()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return d * v
  }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** 16,384 values of a log-normal distribution with deviation 1 of the logarithm: durations and costs have long tails. */
const logNormal = ((): Float64Array => {
  const bits = sfc32(1)
  const random = (): number => bits() / 4_294_967_296
  return Float64Array.from({ length: 16_384 }, () => 5 * Math.exp(normal(random)))
})()

/** Small fast counter (Doty-Humphrey): 32 random bits. */
function sfc32(seed: number): () => number {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9, 0x243f6a88, 1]
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let each = 0; each < 12; each++) next()
  return next
}
