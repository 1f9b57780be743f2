import { shownPath, shownValue } from '../problem.ts'
import { fileKeyOf, type MapShape, type Shape } from '../shape.ts'
import { growthFactor, interval, retryCount, seconds } from '../value-rule.ts'
import { providerRecovery, resolveProviderRecovery, type ProviderRecoverySettings } from './provider-recovery.ts'
import { checkedCode, type Origin, prefixed, resolveSettings, type Settings, type Sources } from './setting.ts'

/** The number of retries and the waits before them: 5, 15, 30 s by default, and the fourth failure is final. */
export interface RecoveryLimits {
  /** Retries after the first call, so there are at most 1 + `maxRetries` calls; `MAX_RETRIES`. @default 3 */
  readonly maxRetries: number
  /** Wait before the first retry, in seconds; `BASE_RETRY_DELAY`. @default 5 */
  readonly baseDelaySeconds: number
  /** The longest wait, in seconds; `MAX_RETRY_DELAY`. @default 30 */
  readonly maxDelaySeconds: number
  /** Each wait is the previous wait multiplied by this factor; `RETRY_EXPONENTIAL_FACTOR`. @default 3 */
  readonly exponentialFactor: number
  /**
   * Longest time without progress in an attempt, in seconds; `STALL_TIMEOUT`. An attempt that makes none for so long ends as a timeout and
   * is retried. @default none
   */
  readonly stallTimeoutSeconds: number | undefined
}

/** The limits of one agent, and its treatment of providers. */
export interface AgentRecovery extends RecoveryLimits {
  /** Keys that are not set are the same as for all agents. @default those of all agents */
  readonly provider?: ProviderRecoverySettings | undefined
}

/** The limits of all agents, and of agents with their own. */
export interface RecoverySettings extends RecoveryLimits {
  /** Treatment of providers that are unavailable. @default everything is off */
  readonly provider?: ProviderRecoverySettings | undefined
  /** Complete limits by agent name (an object without prototype); values that an agent's entry leaves out are those of all agents. @default {} */
  readonly agents: Readonly<Record<string, AgentRecovery>>
}

/** `recovery`, without the limits of single agents. */
export const recoveryLimits: Settings<RecoveryLimits> = {
  maxRetries: {
    about: 'Maximum number of retries after the first call.',
    variable: 'MAX_RETRIES',
    fileKey: 'recovery.max_retries',
    value: retryCount,
    example: '5',
    default: 3,
  },
  baseDelaySeconds: {
    about: 'Wait before the first retry.',
    variable: 'BASE_RETRY_DELAY',
    fileKey: 'recovery.base_delay',
    value: seconds,
    example: '2',
    default: 5,
  },
  maxDelaySeconds: {
    about: 'The longest wait.',
    variable: 'MAX_RETRY_DELAY',
    fileKey: 'recovery.max_delay',
    value: seconds,
    example: '60',
    default: 30,
  },
  exponentialFactor: {
    about: 'Each wait is the previous wait multiplied by this factor.',
    variable: 'RETRY_EXPONENTIAL_FACTOR',
    fileKey: 'recovery.exponential_factor',
    value: growthFactor,
    example: '2',
    default: 3,
  },
  stallTimeoutSeconds: {
    about: 'Longest time without progress in an attempt, which then ends as a timeout and is retried.',
    variable: 'STALL_TIMEOUT',
    fileKey: 'recovery.stall_timeout',
    value: interval,
    example: '120',
    default: undefined,
  },
}

/** Further waits are not shown. */
const maxShown = 20

/** The waits before the retries, in seconds: 5, 15, 30 by default. */
export function recoveryWaits(limits: RecoveryLimits): number[] {
  const { maxRetries, baseDelaySeconds, exponentialFactor, maxDelaySeconds } = limits
  return Array.from({ length: Math.min(maxRetries, maxShown) }, (_, retry) =>
    // 0 x Infinity is not a number
    baseDelaySeconds === 0 ? 0 : Math.min(baseDelaySeconds * exponentialFactor ** retry, maxDelaySeconds),
  )
}

/** The recovery settings and the origin of each, by its path. */
export interface ResolvedRecovery {
  readonly values: RecoverySettings
  readonly origins: Readonly<Record<string, Origin>>
}

/** Limits of one agent in the file. */
type GivenLimits = Partial<RecoveryLimits> & { readonly provider?: unknown }
const limitKeys = Object.keys(recoveryLimits) as readonly (keyof RecoveryLimits)[]

/** `recovery.agents` of the file. */
export const agentLimits: MapShape = {
  kind: 'map',
  values: {
    kind: 'section',
    keys: {
      ...Object.fromEntries(
        limitKeys.map((key): [string, Shape] => {
          const { value, about } = recoveryLimits[key]
          return [key, { kind: 'value', rule: value, about }]
        }),
      ),
      provider: providerRecovery,
    },
  },
  rule: 'must be a mapping from agent names to limits',
  about: 'Limits of individual agents, by name. Limits that are not set are the same as for all agents.',
  default: {},
}

/**
 * Limits of all agents, then of those that have limits of their own: in code, otherwise in the file, otherwise as for all agents. An entry
 * for one agent thus overrides `MAX_RETRIES`, which is for all. Limits that shorten every wait get a line in `notices`.
 */
export function resolveRecovery(sources: Sources, code: unknown, notices: string[]): ResolvedRecovery {
  const {
    agents: codeAgents,
    provider: codeProvider,
    ...codeLimits
  } = checkedCode('recovery', [...limitKeys, 'provider', 'agents'], code, sources.problems)
  const all = resolveSettings('recovery', recoveryLimits, sources, codeLimits)
  const origins: Record<string, Origin> = prefixed('recovery', all.origins)
  notices.push(...shortWaits('recovery', all.values))
  const provider = resolveProviderRecovery(['recovery', 'provider'], sources, {
    file: sources.fromFile('recovery.provider'),
    code: codeProvider,
  })
  Object.assign(origins, provider.origins)
  // without prototype: an agent may be called "constructor"
  const agents: Record<string, AgentRecovery> = Object.create(null)
  const inFile = (sources.fromFile('recovery.agents') ?? {}) as Readonly<Record<string, GivenLimits | undefined>>
  const inCode = codeAgents === undefined ? {} : checkedAgents(codeAgents, sources)
  for (const name of new Set([...Object.keys(inFile), ...Object.keys(inCode)])) {
    const path = shownPath(['recovery', 'agents', name])
    const limits: GivenLimits = (Object.hasOwn(inFile, name) ? inFile[name] : undefined) ?? {}
    const ofAgent = { ...sources, fromFile: (key: string) => limits[key as keyof RecoveryLimits] }
    const given = Object.hasOwn(inCode, name) ? inCode[name] : undefined
    const { own, ownProvider } = withoutProvider(given)
    const resolved = resolveSettings(path, limitsWithDefaults(all.values), ofAgent, own)
    const agentPath = ['recovery', 'agents', name, 'provider']
    const ofProvider = resolveProviderRecovery(agentPath, sources, { file: limits.provider, code: ownProvider })
    agents[name] = { ...resolved.values, ...(ofProvider.values && { provider: ofProvider.values }) }
    Object.assign(origins, ofProvider.origins)
    notices.push(...shortWaits(path, resolved.values))
    for (const key of limitKeys) origins[`${path}.${key}`] = originOf(key, resolved.origins[key], path)
  }
  return { values: { ...all.values, ...(provider.values && { provider: provider.values }), agents }, origins }

  function originOf(key: keyof RecoveryLimits, origin: Origin, path: string): Origin {
    if (origin === 'default') return all.origins[key]
    return origin === 'code' ? origin : `file ${sources.fileName}:${path}.${fileKeyOf(key)}`
  }
}

/** The limits of an agent that code has, apart from its treatment of providers. */
function withoutProvider(given: unknown): { readonly own: unknown; readonly ownProvider: unknown } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return { own: given, ownProvider: undefined }
  const { provider, ...own } = given as { readonly provider?: unknown }
  return { own, ownProvider: provider }
}

/** The settings of one agent: no variables, and the limits of all agents as defaults. */
function limitsWithDefaults(all: RecoveryLimits): Settings<RecoveryLimits> {
  const settings = limitKeys.map((key) => {
    const { about, value } = recoveryLimits[key]
    return [key, { about, value, fileKey: key, default: all[key] }]
  })
  return Object.fromEntries(settings) as Settings<RecoveryLimits>
}

function checkedAgents(agents: unknown, { problems }: Sources): Record<string, unknown> {
  if (typeof agents === 'object' && agents !== null && !Array.isArray(agents)) return { ...agents }
  problems.push({ path: 'recovery.agents', rule: 'must be an object from agent names to limits', value: shownValue(agents) })
  return {}
}

function shortWaits(path: string, { baseDelaySeconds, maxDelaySeconds }: RecoveryLimits): string[] {
  if (baseDelaySeconds <= maxDelaySeconds) return []
  return [`${path}: every wait is ${maxDelaySeconds} s, because the base delay of ${baseDelaySeconds} s is above the maximum`]
}
