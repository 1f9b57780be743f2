import type { IsolationAdapter, PlainAgent } from '@swarmwatch/testing'

import { importPeer } from '../../peers/import-peer.ts'

interface Options {
  readonly name: string
  readonly processInput?: (...args: unknown[]) => object
  readonly processOutput?: (output: unknown) => object
}

const { traceAgent } = await importPeer<{ traceAgent: (agent: PlainAgent, options: Options) => PlainAgent }>(
  '@arizeai/openinference-core',
)

/** Records arguments and results unless configured otherwise; `processInput` and `processOutput` make attributes of them. */
const openinference: IsolationAdapter = {
  name: '@arizeai/openinference-core',
  hooks: ['redactInput', 'redactOutput'],
  streams: false,
  wrap: (agent, { redactInput, redactOutput }) =>
    traceAgent(agent, {
      name: 'writer',
      ...(redactInput && { processInput: (...args) => ({ 'input.value': redactInput(args) }) }),
      ...(redactOutput && { processOutput: (output) => ({ 'output.value': redactOutput(output) }) }),
    }),
}
export default openinference
