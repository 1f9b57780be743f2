import type { IsolationAdapter, PlainAgent } from '@swarmwatch/testing'

import { importPeer } from '../../peers/import-peer.ts'

const { instrument } = await importPeer<{ instrument: (agent: PlainAgent, options: object) => PlainAgent }>('logfire')

/** Records arguments and results when it is asked to. */
const logfire: IsolationAdapter = {
  name: 'logfire',
  streams: false,
  wrap: (agent) => instrument(agent, { message: 'writer', extractArgs: ['task'], recordReturn: true }),
}
export default logfire
