import { importPeer } from './import-peer.ts'
import { around, type Peer } from './peers.ts'

interface Traceloop {
  readonly initialize: (options: object) => void
  readonly forceFlush: () => Promise<void>
  readonly withAgent: (options: { name: string }, run: () => unknown) => unknown
}

/** Traceloop with its own OpenTelemetry SDK 2. */
export const traceloop: Peer = {
  package: '@traceloop/node-server-sdk',
  call: 'withAgent',
  async load() {
    const { withAgent } = await importPeer<Traceloop>('@traceloop/node-server-sdk')
    return (agent, name) => around(agent, (run) => withAgent({ name }, run))
  },
}

/** Starts Traceloop as its documentation says, but for the exporter, and with nothing asked of its servers. */
export async function startTraceloop(): Promise<{ spans(): number; flush(): Promise<void> }> {
  const { initialize, forceFlush } = await importPeer<Traceloop>('@traceloop/node-server-sdk')
  let exported = 0
  const exporter = {
    export(spans: readonly unknown[], done: (result: { code: number }) => void) {
      exported += spans.length
      done({ code: 0 })
    },
    shutdown: async () => {},
  }
  initialize({ appName: 'bench', exporter, silenceInitializationMessage: true, traceloopSyncEnabled: false })
  return { spans: () => exported, flush: () => forceFlush() }
}
