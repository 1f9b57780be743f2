import type { Attributes, BatchObservableResult, Observable } from '@opentelemetry/api'

import { attribute, experimentSums, keyGroupSums, otherName, type ExperimentSum, type Outcome } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { trip } from '../telemetry/guard.ts'
import { isAmount } from '../unknown-values.ts'
import { keyGroups } from './key-groups.ts'
import type { VariantChoice } from './variant-choice.ts'

/** Variants of agents and experiments that one process counts; a variant with groups of keys is 20. */
const maxCounted = 240

const counted = processWide('experiments/1', () => new Map<string, ExperimentSums>())

/**
 * Sums over the runs of a variant, from which an interval for its success share, duration and cost of a success is computed. They are
 * numbers in memory that a collection reads, so that a run costs a few additions.
 */
export class ExperimentSums {
  readonly #labels: readonly (readonly [sum: ExperimentSum, labels: Attributes])[]
  readonly #sums: Record<ExperimentSum, number>
  readonly #weight: { readonly share: number; readonly labels: Attributes } | undefined

  constructor(labels: Attributes, { share, unit = 'run', group }: Partial<VariantChoice>) {
    this.#weight = isAmount(share) ? { share, labels: { ...labels, [attribute.unit]: unit.slice(0, 50) } } : undefined
    const ofGroup = group === undefined ? labels : { ...labels, [attribute.keyGroup]: String(group) }
    this.#labels = (group === undefined ? experimentSums : keyGroupSums).map((sum) => [sum, { ...ofGroup, [attribute.sum]: sum }])
    this.#sums = Object.fromEntries(experimentSums.map((sum) => [sum, 0])) as Record<ExperimentSum, number>
  }

  /** Counts a run that started; once, however many attempts it makes. */
  exposed(): void {
    this.#sums.exposures += 1
  }

  /** Adds a finished run. A cancelled one counts on neither side, but its cost was paid. */
  finished(outcome: Outcome, seconds: number, usd: number): void {
    const sums = this.#sums
    sums.usd += usd
    sums.usd_squared += usd * usd
    if (outcome === 'cancelled') return
    sums.runs += 1
    sums.seconds += seconds
    sums.seconds_squared += seconds * seconds
    if (outcome === 'failure') return
    sums.successes += 1
    sums.usd_of_successes += usd
  }

  observe(result: BatchObservableResult, counter: Observable, weightGauge: Observable): void {
    for (const [sum, labels] of this.#labels) result.observe(counter, this.#sums[sum], labels)
    if (this.#weight) result.observe(weightGauge, this.#weight.share, this.#weight.labels)
  }
}

/**
 * Returns the sums of a variant, by bounded names; undefined for what did not fit a limit, which is not judged: names beyond their limit,
 * and variants after the first 240 of the process (12 with groups of keys).
 */
export function sumsOf(agentName: string, variant: string, choice: Partial<VariantChoice> = {}): ExperimentSums | undefined {
  const { experiment = agentName } = choice
  if ([agentName, experiment, variant].includes(otherName)) return undefined
  const key = keyOf(agentName, experiment, variant, choice.group)
  const known = counted.get(key)
  if (known) return known
  // All groups of a variant or none
  const groups = choice.group === undefined ? [undefined] : Array.from({ length: keyGroups }, (_, group) => group)
  if (counted.size + groups.length > maxCounted) {
    trip('metric', Object.assign(new Error(`more than ${maxCounted} variants`), { name: 'TooManyVariantsError' }))
    return undefined
  }
  const labels = { [attribute.agentName]: agentName, [attribute.experiment]: experiment, [attribute.variant]: variant }
  for (const group of groups)
    counted.set(keyOf(agentName, experiment, variant, group), new ExperimentSums(labels, { ...choice, group }))
  return counted.get(key)
}

const keyOf = (...parts: readonly unknown[]): string => JSON.stringify(parts)

/** Reads all sums and shares during a collection. */
export function observeExperiments(result: BatchObservableResult, sumsCounter: Observable, weightGauge: Observable): void {
  for (const sums of counted.values()) sums.observe(result, sumsCounter, weightGauge)
}
