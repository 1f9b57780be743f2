import { loadConfiguration, type AlertRule, type AlertRuleName, severities } from '@swarmwatch/config'

import type { HistogramMode } from './histograms.ts'
import { ruleThresholds } from './rule-thresholds.ts'

/** Settings that change the generated rules. */
export interface MixinSettings {
  /** The rules of the settings file, and the default rules of the names that it does not list. */
  readonly rules: readonly AlertRule[]
  /** Share of runs that should succeed. */
  readonly successObjective: number
  /** How the metrics store keeps histograms. */
  readonly histograms: HistogramMode
}

/** The settings cannot be turned into rules; the message has the reason. */
export class MixinError extends Error {
  override readonly name = 'MixinError'
}

/**
 * Reads the thresholds: the defaults, overlaid by a settings file.
 * @throws ConfigurationError when the file is wrong, MixinError when no rules can be made from it
 */
export function readMixinSettings(file: string): MixinSettings {
  // Channels are not looked at here, so nothing of the environment is needed
  const { alerts } = loadConfiguration({ file, env: {} })
  return checked({ rules: alerts.rules, successObjective: ruleThresholds.successObjective, histograms: alerts.histograms })
}

/** @throws MixinError when no rules can be made from them */
export function checked(settings: MixinSettings): MixinSettings {
  const problem = objectiveProblem(settings.successObjective)
  if (problem !== undefined) throw new MixinError(problem)
  return settings
}

/** The rules of one name, the most severe first. */
export function rulesNamed({ rules }: MixinSettings, name: AlertRuleName): readonly AlertRule[] {
  return rules
    .filter((rule) => rule.name === name)
    .toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity))
}

/** A failed share cannot exceed 1: a burn rate times the budget that reaches it never fires. */
function objectiveProblem(objective: number): string | undefined {
  if (!(objective > 0 && objective < 1)) return `successObjective must be above 0 and below 1, got ${objective}`
  const fastest = Math.max(...ruleThresholds.burnRates.map(({ times }) => times))
  if (fastest * (1 - objective) < 1) return undefined
  const least = (1 - 1 / fastest).toFixed(3)
  return `successObjective must be above ${least}, or a burn rate of ${fastest} can never fire, got ${objective}`
}
