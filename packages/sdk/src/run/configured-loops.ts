import { InvalidOptionsError, type OptionProblem } from '../invalid-options-error.ts'
import { processWide } from '../process-wide.ts'
import { isOptions } from '../unknown-values.ts'
import { type LoopLimit, loopProblems } from './loop-guard.ts'

/** Limits for repeated tool calls of single agents, by name. */
export type ConfiguredLoops = Readonly<Record<string, LoopLimit>>

const configured = processWide('configured-loops/1', () => ({ loops: {} as ConfiguredLoops }))

/** Returns the argument of the last {@link configureLoops} call. */
export function configuredLoops(): ConfiguredLoops {
  return configured.loops
}

/**
 * Sets the `loop` limit of agents by name, also of agents that are already wrapped. A limit in code takes precedence. `@swarmwatch/node`
 * calls it with `loops` of the configuration file.
 *
 * @throws {InvalidOptionsError} with all problems at once; the earlier limits then stay.
 */
export function configureLoops(loops: ConfiguredLoops): void {
  const mustBeObject = (option: string, value: unknown): OptionProblem => ({ option, rule: 'must be an object', value })
  const problems = isOptions(loops)
    ? Object.entries(loops).flatMap(([name, loop]) =>
        isOptions(loop) ? loopProblems(loop, `${name}.`) : mustBeObject(name, loop),
      )
    : [mustBeObject('loops', loops)]
  if (problems.length > 0) throw new InvalidOptionsError('configureLoops', problems)
  configured.loops = loops
}
