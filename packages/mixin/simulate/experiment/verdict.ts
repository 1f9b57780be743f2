import { ruleThresholds } from '../../src/rule-thresholds.ts'

const { experiments } = ruleThresholds

/** Sums over the runs of a variant, as the SDK counts them. */
export interface Sums {
  runs: number
  successes: number
  seconds: number
  secondsSquared: number
  usd: number
  usdSquared: number
  usdOfSuccesses: number
}

/** A difference between a variant and its reference, on the scale of its test, and the variance of its estimate. */
export interface Effect {
  readonly effect: number
  readonly variance: number
}

/** The measures of an experiment. `success` is compared as a difference, the others as the logarithm of a ratio. */
export const measures = ['success', 'duration', 'cost'] as const
/** One of {@link measures}. */
export type Measure = (typeof measures)[number]

/** Returns the difference in a measure, for runs that are independent; the rules in `src/rules/experiments.ts` compute the same. */
export function effectOf(measure: Measure, variant: Sums, reference: Sums): Effect {
  return {
    effect:
      measure === 'success'
        ? valueOf(measure, variant) - valueOf(measure, reference)
        : Math.log(valueOf(measure, variant) / valueOf(measure, reference)),
    variance: boundedBelow(measure, varianceOf(measure, variant) + varianceOf(measure, reference), variant, reference),
  }
}

/**
 * Success of a variant with few failures: chance made its share high and its variance small at the same time. The variance that both
 * would have with the same probability of success is then larger.
 */
function boundedBelow(measure: Measure, variance: number, variant: Sums, reference: Sums): number {
  if (measure !== 'success') return variance
  const pooled = (variant.successes + reference.successes) / (variant.runs + reference.runs)
  return Math.max(variance, pooled * (1 - pooled) * (1 / variant.runs + 1 / reference.runs))
}

/** Sums before the first run. */
export function noSums(): Sums {
  return { runs: 0, successes: 0, seconds: 0, secondsSquared: 0, usd: 0, usdSquared: 0, usdOfSuccesses: 0 }
}

function valueOf(measure: Measure, { runs, successes, seconds, usd }: Sums): number {
  if (measure === 'success') return successes / runs
  return measure === 'duration' ? seconds / runs : usd / successes
}

function varianceOf(measure: Measure, sums: Sums): number {
  const { runs, successes, seconds, secondsSquared, usd, usdSquared, usdOfSuccesses } = sums
  // One more success and one more failure, so that a variant that has not failed yet is not taken for one that cannot fail
  if (measure === 'success') return ((successes + 1) * (runs - successes + 1)) / (runs + 2) ** 3
  // Of the logarithm: the delta method
  if (measure === 'duration') return secondsSquared / seconds ** 2 - 1 / runs
  return usdSquared / usd ** 2 - (2 * usdOfSuccesses) / (usd * successes) + 1 / successes
}

/** Sums of a group of keys. */
export type GroupSums = Pick<Sums, 'runs' | 'successes' | 'seconds' | 'usd'>

/** Returns the difference in a measure, for runs whose keys repeat, from the differences between groups of keys. */
export function effectOfGroups(measure: Measure, variant: readonly GroupSums[], reference: readonly GroupSums[]): Effect {
  const [own, other] = [totalOf(variant), totalOf(reference)]
  return {
    effect: effectOf(measure, own, other).effect,
    variance: boundedBelow(
      measure,
      groupVarianceOf(measure, variant, own) + groupVarianceOf(measure, reference, other),
      own,
      other,
    ),
  }
}

function groupVarianceOf(measure: Measure, groups: readonly GroupSums[], total: Sums): number {
  const value = valueOf(measure, total)
  const residuals = groups.reduce((sum, { runs, successes, seconds, usd }) => {
    if (measure === 'success') return sum + (successes - value * runs) ** 2
    return sum + (measure === 'duration' ? seconds - value * runs : usd - value * successes) ** 2
  }, 0)
  const scale = measure === 'success' ? total.runs : measure === 'duration' ? total.seconds : total.usd
  const variance = ((residuals / scale ** 2) * groups.length) / (groups.length - 1)
  return measure === 'success' ? Math.max(variance, varianceOf(measure, total)) : variance
}

function totalOf(groups: readonly GroupSums[]): Sums {
  const total = noSums()
  for (const { runs, successes, seconds, usd } of groups) {
    total.runs += runs
    total.successes += successes
    total.seconds += seconds
    total.usd += usd
  }
  return total
}

/**
 * Half the width of the interval around an effect, for `tests` tests together and for any number of looks: the normal mixture boundary
 * of an asymptotic confidence sequence. `groups` is the number of groups of keys behind the variance, if it comes from them: a variance
 * of few groups is itself uncertain, so the boundary is the one of Student's t.
 */
function marginOf(
  variance: number,
  {
    scale,
    alpha,
    tests,
    groups,
  }: { readonly scale: number; readonly alpha: number; readonly tests: number; readonly groups?: number },
): number {
  const bounded = Math.max(variance, 1e-12)
  const ratio = bounded / scale ** 2
  const squared = (1 + ratio) * (Math.log(1 + 1 / ratio) + 2 * Math.log(tests / alpha))
  return Math.sqrt(bounded * (groups === undefined ? squared : (groups - 1) * (Math.exp(squared / groups) - 1)))
}

/** Returns the half width of a verdict's interval: `comparisons` variants are compared, in three measures. */
export function verdictMargin(measure: Measure, variance: number, comparisons: number, groups?: number): number {
  return marginOf(variance, {
    scale: experiments.scale[measure],
    alpha: experiments.alpha,
    tests: comparisons * measures.length,
    ...(groups !== undefined && { groups }),
  })
}

/** The square of an effect over its variance is larger in every verdict, whatever the variance. */
export function leastSquaredFactor(comparisons: number): number {
  return 2 * Math.log((comparisons * measures.length) / experiments.alpha)
}

/** Returns how far the share of a variant may be from the expected one, after `exposures` of all `variants`. */
export function shareMargin(expected: number, exposures: number, variants: number): number {
  const { alpha, scale } = experiments.ratio
  return marginOf((expected * (1 - expected)) / exposures, { scale, alpha, tests: variants === 2 ? 1 : variants })
}

/** A share of the exposures, less the expected one, and how far chance reaches. */
export interface Share {
  readonly excess: number
  readonly margin: number
}

/** Returns the shares of variants by their exposures in each group of keys. */
export function sharesOfGroups(exposures: readonly (readonly number[])[], expected: readonly number[]): readonly Share[] {
  const ofGroup = exposures[0]!.map((_, group) => exposures.reduce((sum, variant) => sum + variant[group]!, 0))
  const total = ofGroup.reduce((sum, each) => sum + each, 0)
  const { alpha, scale } = experiments.ratio
  return exposures.map((variant, index) => {
    const share = expected[index]!
    const own = variant.reduce((sum, each) => sum + each, 0)
    const residuals = variant.reduce((sum, each, group) => sum + (each - share * ofGroup[group]!) ** 2, 0)
    const groups = ofGroup.length
    const variance = ((residuals / total ** 2) * groups) / (groups - 1)
    const tests = exposures.length === 2 ? 1 : exposures.length
    return { excess: own / total - share, margin: marginOf(variance, { scale, alpha, tests, groups }) }
  })
}
