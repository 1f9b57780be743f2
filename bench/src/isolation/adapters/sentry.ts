import type { IsolationAdapter } from '@swarmwatch/testing'

import { importPeer } from '../../peers/import-peer.ts'

type Listener = (span: unknown) => unknown
interface Client {
  on(event: 'spanStart' | 'spanEnd', listener: Listener): void
}
interface Sentry {
  readonly init: (options: object) => Client
  readonly flush: (timeoutMs: number) => Promise<boolean>
  readonly startSpan: (options: object, run: () => unknown) => unknown
}

const { init, flush, startSpan } = await importPeer<Sentry>('@sentry/node')
const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'writer' }
let redact: Listener | undefined

/**
 * Makes spans of its own, without OpenTelemetry. A hostile processor or sampler is replaced by listeners of its client
 * for the start and the end of a span, and by `tracesSampler`. Its redactor is `beforeSendSpan`.
 */
const sentry: IsolationAdapter = {
  name: '@sentry/node',
  hooks: ['redactOutput'],
  streams: false,
  async start({ spanProcessors = [], sampler }) {
    const client = init({
      dsn: 'https://key@127.0.0.1/1',
      transport: () => ({ send: async () => ({}), flush: async () => true }),
      tracesSampleRate: 1,
      ...(sampler && { tracesSampler: (sampler as { shouldSample: unknown }).shouldSample }),
      beforeSendSpan: (span: unknown) => redact?.(span) ?? span,
    })
    for (const { onStart, onEnd } of spanProcessors as { onStart: Listener; onEnd: Listener }[]) {
      client.on('spanStart', onStart)
      client.on('spanEnd', onEnd)
    }
    return () => flush(500)
  },
  wrap(agent, { redactOutput }) {
    redact = redactOutput
    return (task) => startSpan({ name: 'invoke_agent writer', op: 'gen_ai.invoke_agent', attributes }, () => agent(task))
  },
}
export default sentry
