import { type Problem, shownPath, shownValue } from '../problem.ts'
import { checkShape, fileKeyOf, type SectionShape } from '../shape.ts'
import { decimal, onOff } from '../value-rule.ts'
import type { Origin, Sources } from './setting.ts'

/** Treatment of a provider and model that is unavailable; `docs/best-practices.md` describes it. */
export interface ProviderRecoverySettings {
  /** Whether attempts wait while most calls of their provider and model fail; a single one probes. @default false */
  readonly breaker?: boolean | undefined
  /** Largest share of retries among the model calls of a provider and model, 0-1. File: `retry_budget`. @default none */
  readonly retryBudget?: number | undefined
  /** Longest additional wait of a run for its provider, in seconds. File: `max_wait`. @default 0 */
  readonly maxWaitSeconds?: number | undefined
}

/** `recovery.provider` of all agents or of one, in the file and in code. */
export const providerRecovery: SectionShape = {
  kind: 'section',
  about: 'What a run does while its provider is unavailable. Everything is off by default.',
  keys: {
    breaker: {
      kind: 'value',
      rule: onOff,
      about: 'Attempts wait while most calls of their provider and model fail; one probes.',
    },
    retryBudget: {
      kind: 'value',
      rule: decimal('must be a share from 0 to 1', (value) => value >= 0 && value <= 1),
      about: 'Largest share of retries among the model calls of a provider and model; 10 in 10 seconds are always allowed.',
    },
    maxWaitSeconds: {
      kind: 'value',
      rule: decimal('must be a number of seconds from 0 to 86400', (value) => value >= 0 && value <= 86_400),
      about: 'Longest additional wait of a run for its provider; its first attempt waits, too.',
    },
  },
}

/** The settings and the origin of each, by its path. */
export interface ResolvedProviderRecovery {
  readonly values: ProviderRecoverySettings | undefined
  readonly origins: Readonly<Record<string, Origin>>
}

/** The settings of code, and those of the file for every key that code does not have. `path` is that of the settings. */
export function resolveProviderRecovery(
  path: readonly string[],
  sources: Sources,
  of: { readonly file: unknown; readonly code: unknown },
): ResolvedProviderRecovery {
  const report = (found: { path: readonly PropertyKey[]; rule: string; value: unknown }): number => {
    const problem: Problem = { path: shownPath(found.path), rule: found.rule, value: shownValue(found.value) }
    return sources.problems.push(problem)
  }
  const inFile = (of.file ?? {}) as ProviderRecoverySettings
  const inCode = (checkShape(providerRecovery, of.code, { spelling: 'code', path }, report) ?? {}) as ProviderRecoverySettings
  const values: ProviderRecoverySettings = { ...inFile, ...inCode }
  const origins = Object.keys(values).map((key): [string, Origin] => {
    const shown = shownPath(path)
    return [`${shown}.${key}`, Object.hasOwn(inCode, key) ? 'code' : `file ${sources.fileName}:${shown}.${fileKeyOf(key)}`]
  })
  return { values: origins.length === 0 ? undefined : values, origins: Object.fromEntries(origins) }
}
