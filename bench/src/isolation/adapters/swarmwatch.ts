import { instrumentAgent, onExecution } from '@swarmwatch/sdk'
import type { IsolationAdapter } from '@swarmwatch/testing'

// Reads the requests to models, contents too. Its sources need the OpenTelemetry API 1.10; the built package does not
if (process.env['PEERS_OPENTELEMETRY'] !== '2') {
  const { AgentInstrumentation } = await import('@swarmwatch/instrumentation')
  new AgentInstrumentation({ frameworks: ['wire'], captureContent: true, warn: () => {} })
}

/** Retries twice, and records arguments and results, which it does only when it is asked to. */
const swarmwatch: IsolationAdapter = {
  name: '@swarmwatch/sdk',
  hooks: ['redactInput', 'redactOutput', 'redactErrorMessage', 'logger', 'listener'],
  retries: 2,
  wrap(agent, { redactInput = true, redactOutput = true, redactErrorMessage = true, logger, listener }) {
    if (listener) onExecution(listener)
    return instrumentAgent(agent, {
      name: 'writer',
      recovery: { maxRetries: 2 },
      captureInput: redactInput,
      captureOutput: redactOutput,
      errorMessages: redactErrorMessage,
      logger: logger ?? false,
    })
  },
}
export default swarmwatch
