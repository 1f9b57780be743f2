import type { Attributes, BatchObservableResult, Observable } from '@opentelemetry/api'

import { attribute, experimentSums, otherName, type ExperimentSum, type Outcome } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { trip } from '../telemetry/guard.ts'
import { isAmount } from '../unknown-values.ts'
import type { VariantChoice } from './variant-choice.ts'

/** Variants of agents and experiments that one process counts. */
const maxVariants = 100

const counted = processWide('experiments/1', () => new Map<string, ExperimentSums>())

/**
 * Sums over the runs of a variant, from which an interval for its success share, duration and cost of a success is computed. They are
 * numbers in memory that a collection reads, so that a run costs a few additions.
 */
export class ExperimentSums {
  readonly labels: Readonly<Record<ExperimentSum, Attributes>>
  readonly #sums: Record<ExperimentSum, number>

  readonly #weight: { readonly share: number; readonly labels: Attributes } | undefined

  constructor(labels: Attributes, { share, unit = 'key' }: Partial<VariantChoice>) {
    this.#weight = isAmount(share) ? { share, labels: { ...labels, [attribute.unit]: unit.slice(0, 50) } } : undefined
    this.labels = perSum((sum) => ({ ...labels, [attribute.sum]: sum }))
    this.#sums = perSum(() => 0)
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
    for (const sum of experimentSums) result.observe(counter, this.#sums[sum], this.labels[sum])
    if (this.#weight) result.observe(weightGauge, this.#weight.share, this.#weight.labels)
  }
}

function perSum<T>(make: (sum: ExperimentSum) => T): Record<ExperimentSum, T> {
  return Object.fromEntries(experimentSums.map((sum) => [sum, make(sum)])) as Record<ExperimentSum, T>
}

/**
 * Returns the sums of a variant, by bounded names; undefined for what did not fit a limit, which is not judged: names beyond their limit,
 * and variants after the first 100 of the process.
 */
export function sumsOf(agentName: string, variant: string, choice: Partial<VariantChoice> = {}): ExperimentSums | undefined {
  const { experiment = agentName } = choice
  if ([agentName, experiment, variant].includes(otherName)) return undefined
  const key = JSON.stringify([agentName, experiment, variant])
  const known = counted.get(key)
  if (known) return known
  if (counted.size >= maxVariants) {
    trip('metric', Object.assign(new Error(`more than ${maxVariants} variants`), { name: 'TooManyVariantsError' }))
    return undefined
  }
  const labels = { [attribute.agentName]: agentName, [attribute.experiment]: experiment, [attribute.variant]: variant }
  const sums = new ExperimentSums(labels, choice)
  counted.set(key, sums)
  return sums
}

/** Reads all sums and shares during a collection. */
export function observeExperiments(result: BatchObservableResult, sumsCounter: Observable, weightGauge: Observable): void {
  for (const sums of counted.values()) sums.observe(result, sumsCounter, weightGauge)
}
