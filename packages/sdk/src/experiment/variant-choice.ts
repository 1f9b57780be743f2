import { digest, groupOf } from './key-groups.ts'

/** The name of the provider of flags that `experiment()` is (`feature_flag.provider.name`). */
export const ownProviderName = 'swarmwatch'

/** The variant that a run has in an experiment. */
export interface VariantChoice {
  /** Name of the experiment, or key of the flag. */
  readonly experiment: string
  readonly variant: string
  /** Name of the system that decided, such as `LaunchDarkly`. @default none */
  readonly provider?: string | undefined
  /** Share of the runs that the variant should have, 0-1, if known. @default none */
  readonly share?: number | undefined
  /** The thing that has a variant, such as `user`; `run` if each run has its own. @default 'run' */
  readonly unit?: string | undefined
  /** Group of the key, if runs of one key resemble each other; from 0 to 19. @default none */
  readonly group?: number | undefined
}

/** The part of OpenFeature's `EvaluationDetails` that names a variant. */
export interface FlagDetails {
  readonly flagKey: string
  readonly value: unknown
  /** Name of the variant that the flag has. @default none */
  readonly variant?: string | undefined
  /** Why the flag could not be evaluated, as OpenFeature names it. @default none */
  readonly errorCode?: string | undefined
}

/**
 * Returns the variant that an OpenFeature provider of any vendor decided, for the `variant` function of an agent; undefined if the
 * evaluation failed, because a default value is no decision. Without a name of the variant, the value is the name.
 *
 * @example
 * const flag = await client.getStringDetails('prompt', 'long', { targetingKey: user.id })
 * await agent({ question, flag }) // instrumentAgent(answer, { variant: ({ flag }) => openFeatureVariant(flag) })
 */
export function openFeatureVariant(
  details: FlagDetails,
  {
    provider,
    shares,
    key,
    unit = 'key',
  }: {
    /** Name of the vendor, for `feature_flag.provider.name`. */
    readonly provider?: string | undefined
    /** Share that each variant should have, for the check of shares. */
    readonly shares?: Readonly<Record<string, number>> | undefined
    /** The targeting key, if it occurs in several runs: they are not independent. It is only hashed. @default every run has its own */
    readonly key?: string | undefined
    /** The thing that `key` identifies, such as `user`. @default 'key' */
    readonly unit?: string | undefined
  } = {},
): VariantChoice | undefined {
  const { flagKey, value, variant, errorCode } = details
  if (errorCode !== undefined) return undefined
  const name = variant ?? wordOf(value)
  if (name === undefined) return undefined
  const choice = { experiment: flagKey, variant: name, provider, share: shares?.[name] }
  return key === undefined ? { ...choice, unit: 'run' } : { ...choice, unit, group: groupOf(digest(flagKey, key)) }
}

/** A value of a flag as a word; undefined for an object. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}
