import type { FileRecoveryLimits } from './file/file-settings.ts'
import { prefixed, type Origin } from './origin.ts'
import type { RecoveryLimits, RecoverySettings } from './recovery-settings.ts'
import { checkedCode, resolveSettings, type Setting, type Settings, type Sources } from './setting.ts'
import { recoveryLimits } from './settings-groups.ts'
import { shownPath, shownValue } from './shown-value.ts'

/** The recovery settings and the origin of each, by its path. */
export interface ResolvedRecovery {
  readonly values: RecoverySettings
  readonly origins: Readonly<Record<string, Origin>>
}

const fileKeys = {
  maxRetries: 'max_retries',
  baseDelaySeconds: 'base_delay',
  maxDelaySeconds: 'max_delay',
  exponentialFactor: 'exponential_factor',
} as const satisfies Record<keyof RecoveryLimits, keyof FileRecoveryLimits>

/**
 * Limits for all agents, then for those that have limits of their own: in code, else in the file, else as for all agents. An entry
 * for one agent thus wins over `MAX_RETRIES`, which speaks of all. Limits that cut every wait get a line in `notices`.
 */
export function resolveRecovery(
  sources: Sources,
  fileAgents: Readonly<Record<string, FileRecoveryLimits>>,
  code: unknown,
  notices: string[],
): ResolvedRecovery {
  const { agents: codeAgents, ...codeLimits } = checkedCode(
    'recovery',
    [...Object.keys(recoveryLimits), 'agents'],
    code,
    sources.problems,
  )
  const all = resolveSettings('recovery', recoveryLimits, sources, codeLimits)
  const origins: Record<string, Origin> = prefixed('recovery', all.origins)
  tellCutWaits('recovery', all.values, notices)
  // without prototype: an agent may be called "constructor"
  const agents: Record<string, RecoveryLimits> = Object.create(null)
  const byAgent = codeAgents === undefined ? {} : checkedAgents(codeAgents, sources)
  for (const name of new Set([...Object.keys(fileAgents), ...Object.keys(byAgent)])) {
    const path = shownPath(['recovery', 'agents', name])
    const limits = Object.hasOwn(fileAgents, name) ? fileAgents[name] : undefined
    const own = { ...sources, fromFile: (key: string) => limits?.[key.slice(path.length + 1) as keyof FileRecoveryLimits] }
    const resolved = resolveSettings(
      path,
      settingsOf(path, all.values),
      own,
      Object.hasOwn(byAgent, name) ? byAgent[name] : undefined,
    )
    agents[name] = resolved.values
    tellCutWaits(path, resolved.values, notices)
    for (const key of Object.keys(fileKeys) as (keyof RecoveryLimits)[]) {
      const origin = resolved.origins[key]
      origins[`${path}.${key}`] = origin === 'default' ? all.origins[key] : origin
    }
  }
  return { values: { ...all.values, agents }, origins }
}

/** The settings of one agent: no variables, its own keys in the file, the limits of all agents as defaults. */
function settingsOf(path: string, all: RecoveryLimits): Settings<RecoveryLimits> {
  const settingOf = (key: keyof RecoveryLimits): Setting<number> => ({
    about: recoveryLimits[key].about,
    value: recoveryLimits[key].value,
    fileKey: `${path}.${fileKeys[key]}`,
    default: all[key],
  })
  return {
    maxRetries: settingOf('maxRetries'),
    baseDelaySeconds: settingOf('baseDelaySeconds'),
    maxDelaySeconds: settingOf('maxDelaySeconds'),
    exponentialFactor: settingOf('exponentialFactor'),
  }
}

function checkedAgents(agents: unknown, { problems }: Sources): Record<string, unknown> {
  if (typeof agents === 'object' && agents !== null && !Array.isArray(agents)) return { ...agents }
  problems.push({ path: 'recovery.agents', rule: 'must be an object from agent names to limits', value: shownValue(agents) })
  return {}
}

function tellCutWaits(path: string, { baseDelaySeconds, maxDelaySeconds }: RecoveryLimits, notices: string[]): void {
  if (baseDelaySeconds <= maxDelaySeconds) return
  notices.push(
    `${path}: every wait is ${maxDelaySeconds} s, because the base delay of ${baseDelaySeconds} s is above the maximum`,
  )
}
