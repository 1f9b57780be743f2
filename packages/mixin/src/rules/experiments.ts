import { duration, promql } from '../promql.ts'
import type { Recording, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, label, series } from '../series.ts'

const { experiments } = ruleThresholds
const { alpha, leastRuns, ratio } = experiments

/** Labels of an experiment of an agent, and of a variant in it. */
export const experimentLabels: readonly string[] = [...agentLabels, label.experiment]
export const variantLabels: readonly string[] = [...experimentLabels, label.variant]
export const onExperiment: string = `on (${experimentLabels.join(', ')})`
export const onVariant: string = `on (${variantLabels.join(', ')})`
const byExperiment = by(...experimentLabels)
const byVariant = by(...variantLabels)
const onSide = `on (${[...variantLabels, 'side'].join(', ')})`

/** Shorter than the five minutes that Prometheus looks back, so that a recording never has a gap. */
const intervalSeconds = 240
const interval = duration(intervalSeconds)
const window = duration(experiments.windowSeconds)
/** Samples that were sent in this time have arrived. */
const lateSeconds = 60
const sums = `${series.experimentSums}{${label.variant}!=""}`
const total = 'agent:experiment_sums:total30d'
const sumOf = (name: string, more = ''): string => `agent:experiment_compared:total30d{sum="${name}"${more}}`
const ofGroups = (name: string): string => `agent:experiment_compared:sums30d{sum="${name}", key_group!=""}`
/** Groups of keys: the SDK has 20. */
const groups = 20

/**
 * The measures of an experiment: a value is `over / under`. Success is compared as a difference, duration and cost as the logarithm of a
 * ratio, so that one scale fits all agents.
 */
const measures = {
  success: { over: 'successes', under: 'runs', scaledBy: 'runs', effect: (own: string, other: string) => `${own} - ${other}` },
  duration: { over: 'seconds', under: 'runs', scaledBy: 'seconds', effect: ratioOf },
  cost: { over: 'usd', under: 'successes', scaledBy: 'usd', effect: ratioOf },
} as const
type Measure = keyof typeof measures
const measureNames = Object.keys(measures) as Measure[]

function ratioOf(own: string, other: string): string {
  return `ln(${own} / ${other})`
}

/** One recording for each measure. */
function perMeasure(record: string, expr: (measure: Measure) => string): readonly Recording[] {
  return measureNames.map((measure) => ({ record, labels: { measure }, expr: expr(measure) }))
}

/**
 * Half the width of an interval that is valid at every look: the normal mixture boundary of an asymptotic confidence sequence. `squared`
 * is the square of its factor for the standard deviation, which takes the place of 1.96.
 */
function squaredFactor(variance: string, tests: string, scale: number): string {
  return promql`
    (1 + ${variance} / ${scale} ^ 2)
      * (
        ln(1 + ${scale} ^ 2 / ${variance})
        + ${tests}
      )`
}

/** A variance that comes from few groups of keys is itself uncertain: Student's t. */
function margin(variance: string, squared: string, isGrouped: string): string {
  return promql`
    sqrt(
      ${variance}
        * (
          (
            ${groups - 1} * (exp(${squared} / ${groups}) - 1)
              and ${isGrouped}
          )
          or
          ${squared}
        )
    )`
}

const isGrouped = promql`${onVariant} agent:experiment_compared:sums30d{key_group!=""}`

const varianceOfRuns: Readonly<Record<Measure, string>> = {
  // One more success and one more failure, so that a variant that has not failed yet is not taken for one that cannot fail
  success: promql`
    (${sumOf('successes')} + 1)
      * ignoring (sum) (${sumOf('runs')} - ignoring (sum) ${sumOf('successes')} + 1)
      / ignoring (sum) (${sumOf('runs')} + 2) ^ 3`,
  // Of the logarithm, by the delta method
  duration: promql`
    ${sumOf('seconds_squared')} / ignoring (sum) ${sumOf('seconds')} ^ 2
      - ignoring (sum) 1 / ${sumOf('runs')}`,
  cost: promql`
    ${sumOf('usd_squared')} / ignoring (sum) ${sumOf('usd')} ^ 2
      - ignoring (sum) 2 * ${sumOf('usd_of_successes')} / ignoring (sum) (${sumOf('usd')} * ignoring (sum) ${sumOf('successes')})
      + ignoring (sum) 1 / ${sumOf('successes')}`,
}

/**
 * Experiments, from the sums of the SDK: what a variant and its reference reached, and the interval of the difference. The reference is
 * the variant `control`, or all others if no variant has that name. docs/statistics.md has the arithmetic and its simulation.
 */
export const experimentRecordings: RuleGroup = {
  name: 'experiments',
  intervalSeconds,
  rules: [
    {
      // Exact, unlike increase(): the last value in an interval less the last value before it, or the whole value of a new process.
      // Every process has series of its own (service.instance.id), so counters do not restart
      record: `agent:experiment_sums:increase${interval}`,
      expr: promql`
        sum by (${[...variantLabels, 'sum', 'key_group'].join(', ')}) (
          (
            last_over_time(${sums}[${interval}] offset ${duration(lateSeconds)})
              - last_over_time(${sums}[1d] offset ${duration(lateSeconds + intervalSeconds)}) >= 0
          )
          or
          last_over_time(${sums}[${interval}] offset ${duration(lateSeconds)})
        )`,
    },
    { record: total, expr: `sum_over_time(agent:experiment_sums:increase${interval}[${window}])` },
    { record: 'agent:experiment_compared:sums30d', labels: { side: 'variant' }, expr: own() },
    { record: 'agent:experiment_compared:sums30d', labels: { side: 'reference' }, expr: reference() },
    {
      record: 'agent:experiment_compared:total30d',
      expr: 'sum without (key_group) (agent:experiment_compared:sums30d)',
    },
    ...perMeasure('agent:experiment_value', (measure) => {
      const { over, under } = measures[measure]
      const some = measure === 'success' ? sumOf(over) : `(${sumOf(over)} > 0)`
      return `${some} / ignoring (sum) (${sumOf(under)} > 0)`
    }),
    ...perMeasure('agent:experiment_value:variance', (measure) => varianceOf(measure)),
    ...perMeasure('agent:experiment_effect', (measure) => {
      const side = (name: string): string => `agent:experiment_value{measure="${measure}", side="${name}"}`
      return promql`
        ${measures[measure].effect(side('variant'), `ignoring (side) ${side('reference')}`)}
          and ${onVariant} min ${byVariant} (${sumOf(measures[measure].under)}) >= ${leastRuns}`
    }),
    {
      // With the same probability of success on both sides. A variant with few failures has a high share and a small variance of its
      // own at the same time, by chance
      record: 'agent:experiment_effect:pooled_variance',
      labels: { measure: 'success' },
      expr: promql`
        sum without (side) (${sumOf('successes')})
          * ignoring (sum) (sum without (side) (${sumOf('runs')}) - ignoring (sum) sum without (side) (${sumOf('successes')}))
          / ignoring (sum) sum without (side) (${sumOf('runs')}) ^ 2
          * ignoring (sum) sum without (side) (1 / ${sumOf('runs')})`,
    },
    {
      record: 'agent:experiment_effect:variance',
      expr: promql`
        (
          agent:experiment_effect:pooled_variance > sum without (side) (agent:experiment_value:variance)
          or
          clamp_min(sum without (side) (agent:experiment_value:variance), 1e-12)
        )
          and agent:experiment_effect`,
    },
    {
      // Two variants without a control are compared twice, with the same result
      record: 'agent:experiment_comparisons',
      expr: promql`
        count ${byExperiment} (${sumOf('runs', ', side="reference"')})
          / (
            1
              + (count ${byExperiment} (${sumOf('runs', ', side="variant"')}) == bool 2)
                * (count ${byExperiment} (${sumOf('runs', ', side="reference"')}) == bool 2)
          )`,
    },
    ...perMeasure('agent:experiment_effect:squared_factor', (measure) =>
      squaredFactor(
        `agent:experiment_effect:variance{measure="${measure}"}`,
        promql`${onExperiment} group_left () (2 * ln(agent:experiment_comparisons * ${measureNames.length} / ${alpha}))`,
        experiments.scale[measure],
      ),
    ),
    {
      record: 'agent:experiment_effect:margin',
      expr: margin('agent:experiment_effect:variance', 'agent:experiment_effect:squared_factor', isGrouped),
    },
    // For readers: success in points, the others in parts of the reference
    ...changes('agent:experiment_change', ''),
    ...changes('agent:experiment_change:lower', ' - agent:experiment_effect:margin'),
    ...changes('agent:experiment_change:upper', ' + agent:experiment_effect:margin'),
    {
      record: 'agent:experiment_exposures:increase1d',
      expr: `sum ${byExperiment} (sum_over_time(agent:experiment_sums:increase${interval}{sum="exposures"}[1d]))`,
    },
    ...shareRecordings(),
  ],
}

/** One series for each variant and sum, also if an agent sends series of this name with more labels: they would fail the whole rule. */
function own(more = ''): string {
  return `sum ${by(...variantLabels, 'sum', 'key_group')} (${total}${more})`
}

/** The sums that a variant is compared with: those of the control, or of all others. */
function reference(): string {
  const labels = [...experimentLabels, 'sum', 'key_group']
  const same = `on (${labels.join(', ')})`
  const ofExperiment = (more = ''): string => `sum ${by(...labels)} (${total}${more})`
  const control = ofExperiment(`{${label.variant}="control"}`)
  return promql`
    0 * ${own(`{${label.variant}!="control"}`)}
      + ${same} group_left ()
      ${control}
    or
    (
      ${ofExperiment()}
        - ${same} group_right ()
        ${own()}
      unless ${onExperiment} ${control}
    )`
}

/** The variance of a value, or of its logarithm: from sums of squares, or from the differences between groups of keys. */
function varianceOf(measure: Measure): string {
  const { over, under, scaledBy } = measures[measure]
  const ofGroupsOfKeys = promql`
    ${groups} / ${groups - 1}
      * sum without (key_group) (
        (
          ${ofGroups(over)}
            - ignoring (sum)
            (${ofGroups(under)} * ${onSide} group_left () agent:experiment_value{measure="${measure}"})
        ) ^ 2
      )
      / ignoring (sum) ${sumOf(scaledBy)} ^ 2`
  const ofRuns = varianceOfRuns[measure]
  if (measure !== 'success') {
    return promql`
      (
        ${ofRuns}
          unless ${onSide} agent:experiment_compared:sums30d{key_group!=""}
      )
      or
      ${ofGroupsOfKeys}`
  }
  return promql`
    (
      ${ofGroupsOfKeys}
        > ${ofRuns}
    )
    or
    ${ofRuns}`
}

function changes(record: string, offset: string): readonly Recording[] {
  return perMeasure(record, (measure) => {
    const bound = offset === '' ? '' : `${offset}{measure="${measure}"}`
    const effect = `agent:experiment_effect{measure="${measure}"}${bound}`
    return measure === 'success' ? effect : `exp(${effect}) - 1`
  })
}

/** Share of the exposures that a variant has more than it should, and how far chance reaches. */
function shareRecordings(): readonly Recording[] {
  const exposures = `${total}{sum="exposures"}`
  const ofAll = `sum ${byExperiment} (${exposures})`
  const expected = 'agent:experiment_weight:share'
  const ofGroup = `${total}{sum="exposures", key_group!=""}`
  const groupLabels = [...experimentLabels, 'key_group'].join(', ')
  const variants = `count ${byExperiment} (${expected})`
  return [
    { record: expected, expr: `max ${byVariant} (${series.experimentWeight} > 0 < 1)` },
    {
      // Not after the weights have changed: the shares of all runs are then a mixture
      record: 'agent:experiment_share:excess',
      expr: promql`
        sum ${byVariant} (${exposures})
          / ${onExperiment} group_left () (${ofAll} >= ${ratio.leastExposures})
          - ${expected}
          unless ${onExperiment} (
            max_over_time(${expected}[${window}])
              != min_over_time(${expected}[${window}])
          )`,
    },
    {
      record: 'agent:experiment_share:variance',
      expr: promql`
        (
          ${groups} / ${groups - 1}
            * sum ${byVariant} (
              (
                ${ofGroup}
                  - (
                    0 * ${ofGroup}
                      + on (${groupLabels}) group_left ()
                      sum by (${groupLabels}) (${ofGroup})
                  )
                  * ${onVariant} group_left ()
                  ${expected}
              ) ^ 2
            )
            / ${onExperiment} group_left () ${ofAll} ^ 2
        )
        or
        ${expected} * (1 - ${expected})
          / ${onExperiment} group_left () ${ofAll}`,
    },
    {
      record: 'agent:experiment_share:squared_factor',
      expr: squaredFactor(
        'agent:experiment_share:variance',
        promql`${onExperiment} group_left () (2 * ln((${variants} - (${variants} == bool 2)) / ${ratio.alpha}))`,
        ratio.scale,
      ),
    },
    {
      record: 'agent:experiment_share:margin',
      expr: margin('agent:experiment_share:variance', 'agent:experiment_share:squared_factor', isGrouped),
    },
  ]
}
