import type { IsolationAdapter, PlainAgent } from '@swarmwatch/testing'

import { importPeer } from '../../peers/import-peer.ts'

const { observe } = await importPeer<{ observe: (agent: PlainAgent, options: object) => PlainAgent }>('@langfuse/tracing')

/** Records arguments and results unless configured otherwise. Its mask belongs to the span processor of another package. */
const langfuse: IsolationAdapter = {
  name: '@langfuse/tracing',
  streams: false,
  wrap: (agent) => observe(agent, { name: 'writer', asType: 'agent' }),
}
export default langfuse
