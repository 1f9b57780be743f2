import { InvalidOptionsError, type OptionProblem } from '../invalid-options-error.ts'
import { processWide } from '../process-wide.ts'
import { isOptions } from '../unknown-values.ts'

/** Objectives for the mean scores of single agents: by the name of the agent, then by the name of the evaluation. */
export type ConfiguredQuality = Readonly<Record<string, Readonly<Record<string, number>>>>

const configured = processWide('configured-quality/1', () => ({ quality: {} as ConfiguredQuality }))

/** Further objectives would be series without bound. */
const maxObjectives = 500

/**
 * Sets the objectives for the scores of agents, as `addScore()` and `recordEvaluation()` record them. They are exported as
 * `agent.evaluation.objective`, with which the alert AgentQualityLow compares the mean score. `@swarmwatch/node` calls it with `quality`
 * of the configuration file.
 *
 * @throws {InvalidOptionsError} with all problems at once; the earlier objectives then stay.
 *
 * @example
 * configureQuality({ reviewer: { faithfulness: 0.8 } })
 */
export function configureQuality(quality: ConfiguredQuality): void {
  const problems = isOptions(quality) ? qualityProblems(quality) : [mustBeObject('quality', quality)]
  if (problems.length > 0) throw new InvalidOptionsError('configureQuality', problems)
  configured.quality = quality
}

/** The configured objectives, at most 500. */
export function objectives(): { agentName: string; evaluation: string; objective: number }[] {
  return Object.entries(configured.quality)
    .flatMap(([agentName, scores]) =>
      Object.entries(scores).map(([evaluation, objective]) => ({ agentName, evaluation, objective })),
    )
    .slice(0, maxObjectives)
}

function qualityProblems(quality: object): OptionProblem[] {
  const problems = Object.entries(quality).flatMap(([agent, scores]: [string, unknown]) =>
    isOptions(scores)
      ? Object.entries(scores).flatMap(([evaluation, objective]: [string, unknown]) =>
          typeof objective === 'number' && objective > 0 && objective < Infinity
            ? []
            : { option: `${agent}.${evaluation}`, rule: 'must be a score above 0', value: objective },
        )
      : mustBeObject(agent, scores),
  )
  const count = Object.values(quality).reduce((sum: number, scores: unknown) => sum + Object.keys(scores ?? {}).length, 0)
  if (count > maxObjectives)
    problems.push({ option: 'quality', rule: `must have at most ${maxObjectives} objectives`, value: count })
  return problems
}

const mustBeObject = (option: string, value: unknown): OptionProblem => ({ option, rule: 'must be an object', value })
