import { startTestTelemetry, type IsolationAdapter, type IsolationHooks, type RecordedPoint } from '@swarmwatch/testing'

import type { Clock } from '../src/clock.ts'
import { instrumentTool, onExecution, type InstrumentAgentOptions } from '../src/index.ts'
import { wrapAgent } from '../src/instrument-agent.ts'
import { listeners } from '../src/on-execution.ts'

/** This package before the isolation suite, and what the last case has made it record. */
export interface OurAdapter extends IsolationAdapter {
  recorded(): readonly RecordedPoint[]
}

/**
 * Wraps with `options` and, if one is given, in a clock of its own; there is a tool in each agent. `also` is called in each attempt.
 */
export function ourAdapter(options: object = {}, clock?: Clock, also: () => void = () => {}): OurAdapter {
  let recorded: RecordedPoint[] = []
  return {
    name: '@swarmwatch/sdk',
    hooks: ['redactInput', 'redactOutput', 'redactErrorMessage', 'logger', 'listener'],
    retries: 2,
    recorded: () => recorded,
    async start(parts) {
      const telemetry = await startTestTelemetry(parts)
      return async () => {
        listeners.clear()
        recorded = await telemetry.points()
        await telemetry.shutdown()
      }
    },
    wrap(agent, hooks) {
      if (hooks.listener) onExecution(hooks.listener)
      const content = { captureInput: hooks.redactInput ?? true, captureOutput: hooks.redactOutput ?? true, ...messages(hooks) }
      const tool = instrumentTool((task: unknown) => task, { name: 'lookup', ...content })
      const withTool = isGenerator(agent) ? agent : (task: unknown): unknown => (also(), agent(tool(task)))
      const wrapped = { recovery: { maxRetries: 2 }, logger: hooks.logger ?? false, ...content, ...options }
      return wrapAgent(withTool, 'writer', wrapped as InstrumentAgentOptions<[unknown]>, clock)
    },
  }
}

const messages = ({ redactErrorMessage }: IsolationHooks): object =>
  redactErrorMessage ? { errorMessages: redactErrorMessage } : {}
const isGenerator = (agent: object): boolean => Object.prototype.toString.call(agent).includes('Generator')
