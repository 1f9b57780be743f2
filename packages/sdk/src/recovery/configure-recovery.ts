import { checkRecovery, InvalidOptionsError, type Problem } from '../invalid-options-error.ts'
import { processWide } from '../process-wide.ts'
import { defaultRecovery, type RecoveryOptions, type RecoverySettings } from './settings.ts'

/** Defaults of a process: what every agent uses that says nothing else, and limits of single agents by name. */
export interface ConfiguredRecovery extends RecoveryOptions {
  readonly agents?: Readonly<Record<string, RecoveryOptions>> | undefined
}

const configured = processWide('configured-recovery/1', () => ({ recovery: {} as ConfiguredRecovery }))

/** Returns what {@link configureRecovery} was last called with. */
export function configuredRecovery(): ConfiguredRecovery {
  return configured.recovery
}

/**
 * Sets the recovery defaults of this process, also for agents that are wrapped already; options given in code still win.
 * `@swarmwatch/node` calls it with what the environment and the configuration file say.
 *
 * @throws {InvalidOptionsError} with every problem at once; the earlier defaults then stay.
 */
export function configureRecovery(defaults: ConfiguredRecovery): void {
  const problems = checkDefaults(defaults)
  if (problems.length > 0) throw new InvalidOptionsError('configureRecovery', problems)
  configured.recovery = defaults
}

function checkDefaults(defaults: unknown): Problem[] {
  if (!isObject(defaults)) return [notAnObject('defaults', defaults)]
  const { agents = {}, ...shared } = defaults as ConfiguredRecovery
  const problems = checkRecovery(shared, '')
  if (!isObject(agents)) return [...problems, notAnObject('agents', agents)]
  for (const [name, limits] of Object.entries(agents)) {
    if (isObject(limits)) problems.push(...checkRecovery(limits, `agents.${name}.`))
    else problems.push(notAnObject(`agents.${name}`, limits))
  }
  return problems
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const notAnObject = (option: string, value: unknown): Problem => ({ option, rule: 'must be an object', value })

/** What holds for one agent: its own options over its configured limits over the configured defaults over {@link defaultRecovery}. */
export function effectiveRecovery(agentName: string, own: RecoveryOptions, configured: ConfiguredRecovery): RecoverySettings {
  const { agents = {}, ...shared } = configured
  const layers = [shared, Object.hasOwn(agents, agentName) ? agents[agentName] : undefined, own]
  const settings: Record<string, unknown> = { ...defaultRecovery }
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer ?? {})) if (value !== undefined) settings[key] = value
  }
  return settings as unknown as RecoverySettings
}
