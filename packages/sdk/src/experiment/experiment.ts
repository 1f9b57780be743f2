import { InvalidOptionsError, type OptionProblem } from '../invalid-options-error.ts'
import { otherName } from '../names.ts'
import { isOptions } from '../unknown-values.ts'
import { digest, groupOf, keyGroups } from './key-groups.ts'
import { ownProviderName, type VariantChoice } from './variant-choice.ts'

/** Options of `experiment()`. */
export interface ExperimentOptions<Variant extends string, Args extends unknown[]> {
  /**
   * Name of the experiment in spans, metrics and alerts. It is part of the assignment: a new name assigns all keys again, so use a new
   * one when variants or weights change.
   */
  readonly name: string
  /**
   * Share of each variant; the shares sum to 1. 2 to 10 variants. A variant named `control` is the one that the others are compared
   * with; without it each variant is compared with all others.
   */
  readonly variants: Readonly<Record<Variant, number>>
  /**
   * Returns what is assigned, such as the id of a user, from the arguments of the agent. The same key always has the same variant. With
   * `undefined` the run is not part of the experiment. @default a new key for every run
   */
  readonly key?: ((...args: Args) => string | undefined) | undefined
  /**
   * The thing that a key identifies, such as `user`; `run` if a key never occurs twice. Runs of the same key are not independent: they are
   * counted in 20 groups of keys, whose differences show how far chance reaches. @default 'run' without `key`, otherwise 'key'
   */
  readonly unit?: string | undefined
}

/** An experiment. Pass it as the `variant` of an agent, or call it with the arguments of the agent to get the variant. */
export interface Experiment<Variant extends string = string, Args extends unknown[] = never> {
  /** Returns the variant of a call with these arguments; undefined if its key is. Without `key`, a random one. */
  (...args: Args): Variant | undefined
  readonly name: string
  readonly variants: Readonly<Record<Variant, number>>
  readonly unit: string
  /** Whether each run is assigned by itself, because there is no `key`. */
  readonly isRandom: boolean
  /** One for each variant with a share above 0. */
  readonly choices: readonly VariantChoice[]
  /** Returns the variant of a key. The same in every process and version. */
  readonly variantOf: (key: string) => Variant
  /** Returns the same as a call, with the name of the experiment, for the `variant` function of an agent. */
  readonly choiceOf: (...args: Args) => VariantChoice | undefined
}

/**
 * Creates an experiment that compares variants of an agent. A key is assigned by the first 13 hexadecimal digits of
 * `sha256(name + "\n" + key)`, as a fraction of 16^13: the first variant, in the order of `variants`, whose cumulative share is larger.
 * The assignment stores nothing, and it is the same in every process, version and language.
 *
 * @throws {InvalidOptionsError} with every problem of the options.
 *
 * @example
 * const prompt = experiment({
 *   name: 'short-prompt',
 *   variants: { control: 0.5, candidate: 0.5 },
 *   key: (task: { userId: string }) => task.userId,
 *   unit: 'user',
 * })
 * const agent = instrumentAgent(
 *   (task: { userId: string }) => answer(task, currentExecution()?.variant === 'candidate' ? shortPrompt : longPrompt),
 *   { name: 'writer', variant: prompt },
 * )
 */
export function experiment<Variant extends string, Args extends unknown[] = []>(
  options: ExperimentOptions<Variant, Args>,
): Experiment<Variant, Args> {
  const problems = experimentProblems(options)
  if (problems.length > 0) throw new InvalidOptionsError('experiment', problems)
  const { name, key } = options
  const variants = Object.freeze({ ...options.variants })
  const unit = options.unit ?? (key ? 'key' : 'run')
  const assigned = assignedTo(name, variants, unit)
  const variantOf = (of: string): Variant => assignedAt(fractionOf(digest(name, of)), assigned).variant
  const choiceOf = (...args: Args): VariantChoice | undefined => {
    if (!key) return assignedAt(Math.random(), assigned).choices[0]
    const value: unknown = key(...args)
    if (value === undefined) return undefined
    if (typeof value !== 'string') throw new TypeError(`key() of the experiment ${name} must return a string or undefined`)
    const hashed = digest(name, value)
    const { choices } = assignedAt(fractionOf(hashed), assigned)
    return choices[groupOf(hashed) % choices.length]
  }
  const assign = (...args: Args): Variant | undefined => choiceOf(...args)?.variant as Variant | undefined
  const own: Omit<Experiment<Variant, Args>, never> = {
    name,
    variants,
    unit,
    isRandom: key === undefined,
    choices: assigned.flatMap(({ choices }) => choices[0] ?? []),
    variantOf,
    choiceOf,
  }
  const properties = Object.entries(own).map(([property, value]) => [property, { value, enumerable: true }] as const)
  return Object.defineProperties(assign, Object.fromEntries(properties)) as Experiment<Variant, Args>
}

interface Assigned<Variant extends string> {
  readonly variant: Variant
  /** Upper end of the fractions of the variant. */
  readonly below: number
  /** One, or one for each group of keys; an agent finds its series by the object. */
  readonly choices: readonly VariantChoice[]
}

function assignedTo<Variant extends string>(
  experiment: string,
  variants: Readonly<Record<Variant, number>>,
  unit: string,
): readonly Assigned<Variant>[] {
  let below = 0
  return (Object.entries(variants) as [Variant, number][])
    .filter(([, share]) => share > 0)
    .map(([variant, share]) => {
      const choice = { experiment, variant, provider: ownProviderName, share, unit }
      const choices = unit === 'run' ? [choice] : Array.from({ length: keyGroups }, (_, group) => ({ ...choice, group }))
      return { variant, below: (below += share), choices }
    })
}

/** Returns the place of a key between 0 and 1: uniform, and independent between experiments. */
function fractionOf(digest: string): number {
  return Number.parseInt(digest.slice(0, 13), 16) / 2 ** 52
}

function assignedAt<Variant extends string>(fraction: number, assigned: readonly Assigned<Variant>[]): Assigned<Variant> {
  // Rounding may leave the sum of the shares a little below 1
  return assigned.find(({ below }) => fraction < below) ?? assigned.at(-1)!
}

const optionNames = ['name', 'variants', 'key', 'unit']
const isWord = (value: unknown, max: number): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= max && !/\p{Cc}/u.test(value)

function experimentProblems(options: unknown): OptionProblem[] {
  if (!isOptions(options)) return [{ option: 'options', rule: 'must be an object', value: options }]
  const problems: OptionProblem[] = []
  const { name, variants, key, unit } = options as Record<string, unknown>
  for (const [option, value] of Object.entries(options)) {
    if (!optionNames.includes(option))
      problems.push({ option, rule: `is not an option; the options are ${optionNames.join(', ')}`, value })
  }
  if (!isWord(name, 100))
    problems.push({ option: 'name', rule: 'must be a string of 1 to 100 characters without control characters', value: name })
  problems.push(...variantProblems(variants))
  if (key !== undefined && typeof key !== 'function') problems.push({ option: 'key', rule: 'must be a function', value: key })
  if (unit !== undefined && !isWord(unit, 50))
    problems.push({ option: 'unit', rule: 'must be a string of 1 to 50 characters without control characters', value: unit })
  else if (unit !== undefined && unit !== 'run' && key === undefined)
    problems.push({ option: 'unit', rule: "must be 'run' without key", value: unit })
  return problems
}

function variantProblems(variants: unknown): OptionProblem[] {
  const option = 'variants'
  if (!isOptions(variants)) return [{ option, rule: 'must be an object with the share of each variant', value: variants }]
  const problems: OptionProblem[] = []
  const shares = Object.entries(variants)
  if (shares.length < 2 || shares.length > 10) problems.push({ option, rule: 'must have 2 to 10 variants', value: shares.length })
  for (const [variant, share] of shares) {
    if (!isWord(variant, 100) || variant === otherName)
      problems.push({
        option,
        rule: `must have names of 1 to 100 characters without control characters, other than ${otherName}`,
        value: variant,
      })
    if (typeof share !== 'number' || !(share >= 0 && share <= 1))
      problems.push({ option: `${option}.${variant.slice(0, 100)}`, rule: 'must be a number from 0 to 1', value: share })
  }
  if (problems.length > 0) return problems
  const sum = shares.reduce((total, [, share]) => total + (share as number), 0)
  return Math.abs(sum - 1) < 1e-6 ? [] : [{ option, rule: 'must have shares that sum to 1', value: Number(sum.toPrecision(6)) }]
}
