import { importPeer } from './import-peer.ts'
import { around, type Peer } from './peers.ts'

type Envelope = readonly [headers: object, items: readonly (readonly [{ type: string; item_count?: number }, unknown])[]]

interface Sentry {
  readonly init: (options: object) => void
  readonly flush: (timeoutMs: number) => Promise<boolean>
  readonly startSpan: (options: object, run: () => unknown) => unknown
}

/** Sentry with its own provider; `transport` counts spans instead of sending them. */
export const sentry: Peer = {
  package: '@sentry/node',
  call: 'startSpan',
  async load() {
    const { startSpan } = await importPeer<Sentry>('@sentry/node')
    return (agent, name) => {
      const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name }
      return around(agent, (run) => startSpan({ name: `invoke_agent ${name}`, op: 'gen_ai.invoke_agent', attributes }, run))
    }
  },
}

/** Starts Sentry as its documentation says, but for the transport. */
export async function startSentry(): Promise<{ spans(): number; flush(): Promise<void> }> {
  const { init, flush } = await importPeer<Sentry>('@sentry/node')
  let spans = 0
  const transport = () => ({
    async send([, items]: Envelope) {
      for (const [{ type, item_count: count }] of items) if (type === 'span') spans += count ?? 1
      return {}
    },
    flush: async () => true,
  })
  init({ dsn: 'https://key@127.0.0.1/1', tracesSampleRate: 1, transport })
  return {
    spans: () => spans,
    async flush() {
      await flush(2_000)
    },
  }
}
