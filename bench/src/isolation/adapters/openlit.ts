import type { IsolationAdapter } from '@swarmwatch/testing'

import { importPeer } from '../../peers/import-peer.ts'

const { trace } = await importPeer<{ trace: (name: string, run: () => unknown) => unknown }>('openlit')

const openlit: IsolationAdapter = {
  name: 'openlit',
  streams: false,
  wrap: (agent) => (task) => trace('writer', () => agent(task)),
}
export default openlit
