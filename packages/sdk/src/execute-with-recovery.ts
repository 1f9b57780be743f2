import { wrapAgent } from './instrument-agent.ts'
import type { Instrumented } from './instrumented.ts'
import { checkAgent, type InstrumentAgentOptions } from './options.ts'

/** What `executeWithRecovery` can be told. */
export interface ExecuteWithRecoveryOptions<Context, Result> extends Omit<InstrumentAgentOptions<[Context], Result>, 'name'> {
  /** Name in spans, metrics and log lines. @default the function's name */
  readonly agentName?: string | undefined
  /** Given to the function as its only argument; the same object in every attempt. */
  readonly context?: Context | undefined
}

/**
 * Runs a function once as an agent, with recovery: {@link instrumentAgent} and the call in one.
 *
 * @throws {InvalidOptionsError} at once, with every problem.
 *
 * @example
 * const result = await executeWithRecovery(integrate, { agentName: 'api-integrator', context: { requirements: ['AUTH-001'] } })
 */
export function executeWithRecovery<Context, Result>(
  fn: (context: Context) => Result,
  options: ExecuteWithRecoveryOptions<Context, Awaited<Result>> = {},
): Instrumented<Result> {
  const { agentName, ...rest } = options ?? {}
  const named = options && (agentName === undefined ? rest : { ...rest, name: agentName })
  const name = checkAgent('executeWithRecovery', fn, named, 'agentName')
  return wrapAgent(fn, name, named)(options.context as Context)
}
