import type { Severity } from '@swarmwatch/config'

/** A query whose result Prometheus keeps under a name of its own: `level:what:how`. */
export interface Recording {
  readonly record: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
}

/** Who an alert speaks of: Alertmanager routes by it. */
export type Category = 'agent' | 'swarm' | 'pipeline' | 'bridge' | 'watchdog'

/** `none` is for the Watchdog, which nobody is told of while it comes. */
export type RuleSeverity = Severity | 'none'

/** An alert: when it fires and what it then says. */
export interface Alert {
  readonly alert: string
  readonly category: Category
  readonly severity: RuleSeverity
  readonly expr: string
  /** The expression must have held this long. */
  readonly forSeconds: number
  /** It fires on for so long after the expression held last, so that it does not flap. @default 0 */
  readonly keepFiringForSeconds?: number
  /** What, which and how bad, in one line. Go template; `$value` and `$labels` are those of the expression. */
  readonly summary: string
  /** What is behind it; since when is added. */
  readonly description: string
  /** Labels of the expression that tell alerts of this name apart; `since` and the links need them. */
  readonly identity: readonly string[]
  /** Labels beside severity and category; Go templates. @default none */
  readonly labels?: Readonly<Record<string, string>>
  /** The dashboard to look at. */
  readonly dashboard: 'swarm-overview' | 'agent-detail' | 'cost-and-capacity' | 'pipeline'
}

/**
 * How long an alert fires on that mutes others in Alertmanager: they look back five minutes, and must be over before it is, or people
 * are told of a broken agent again when it is well.
 */
export const outlastsMuted = 300

/** Rules that are evaluated one after the other, the later ones with the results of the earlier. */
export interface RuleGroup {
  readonly name: string
  /** @default 30 */
  readonly intervalSeconds?: number
  readonly rules: readonly (Recording | Alert)[]
}

export function isAlert(rule: Recording | Alert): rule is Alert {
  return 'alert' in rule
}
