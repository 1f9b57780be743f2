import type { MapShape } from '../shape.ts'
import { positive } from '../value-rule.ts'

/**
 * Objectives for the mean scores of agents: by the name of the agent, then by the name of the evaluation. An object without prototype.
 * @default {}
 */
export type QualitySettings = Readonly<Record<string, Readonly<Record<string, number>>>>

/** `quality` in the file and in code. */
export const agentQuality: MapShape = {
  kind: 'map',
  values: {
    kind: 'map',
    values: { kind: 'value', rule: positive('must be a score from above 0 to 1000000', 1_000_000) },
    rule: 'must be a mapping from names of evaluations to scores',
  },
  rule: 'must be a mapping from names of agents to objectives',
  about: 'The least mean score that the answers of an agent should have, by its name and the name of the evaluation.',
  default: {},
}
