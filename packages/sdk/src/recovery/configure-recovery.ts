import { checkRecovery, InvalidOptionsError, type Problem } from '../invalid-options-error.ts'
import { processWide } from '../process-wide.ts'
import { defaultRecovery, type RecoveryOptions, type RecoverySettings } from './settings.ts'

/** Defaults of a process: what every agent uses that says nothing else, and limits of single agents by name. */
export interface ConfiguredRecovery extends RecoveryOptions {
  readonly agents?: Readonly<Record<string, RecoveryOptions>> | undefined
}

/**
 * Sets the recovery defaults of this process, also for agents that are wrapped already; options given in code still win.
 * `@swarmwatch/node` calls it with what the environment and the configuration file say.
 *
 * @throws {InvalidOptionsError} with every problem at once; the earlier defaults then stay.
 */
export function configureRecovery(defaults: ConfiguredRecovery): void {
  const { agents = {}, ...shared } = defaults
  const problems: Problem[] = checkRecovery(shared, '')
  for (const [name, limits] of Object.entries(agents)) problems.push(...checkRecovery(limits, `agents.${name}.`))
  if (problems.length > 0) throw new InvalidOptionsError('configureRecovery', problems)
  processWide.configuredRecovery = defaults
}

/** What holds for one agent: its own options over its configured limits over the configured defaults over {@link defaultRecovery}. */
export function effectiveRecovery(agentName: string, own: RecoveryOptions, configured: ConfiguredRecovery): RecoverySettings {
  const { agents, ...shared } = configured
  const layers = [shared, Object.hasOwn(agents ?? {}, agentName) ? agents?.[agentName] : undefined, own]
  const settings: Record<string, unknown> = { ...defaultRecovery }
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer ?? {})) if (value !== undefined) settings[key] = value
  }
  return settings as unknown as RecoverySettings
}
