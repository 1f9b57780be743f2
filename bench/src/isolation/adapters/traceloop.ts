import type { IsolationAdapter, PlainAgent } from '@swarmwatch/testing'

import { importPeer } from '../../peers/import-peer.ts'

interface Processor {
  onStart(span: unknown, context: unknown): void
  onEnd(span: unknown): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}
interface Traceloop {
  readonly initialize: (options: object) => void
  readonly withAgent: (options: { name: string }, agent: PlainAgent, task: unknown) => unknown
}

const { initialize, withAgent } = await importPeer<Traceloop>('@traceloop/node-server-sdk')

/** Registers an SDK of its own, which takes one more span processor, and records arguments and results unless configured otherwise. */
const traceloop: IsolationAdapter = {
  name: '@traceloop/node-server-sdk',
  streams: false,
  async start({ spanProcessors = [] }) {
    // While the detectors of its SDK run, an error of an exporter is unhandled: whether they have finished would be chance
    process.env['OTEL_NODE_RESOURCE_DETECTORS'] = 'none'
    initialize({
      appName: 'isolation',
      exporter: { export: (_: unknown, done: (result: object) => void) => done({ code: 0 }), shutdown: async () => {} },
      processor: all(spanProcessors as Processor[]),
      silenceInitializationMessage: true,
      traceloopSyncEnabled: false,
    })
    return () => {}
  },
  wrap: (agent) => (task) => withAgent({ name: 'writer' }, agent, task),
}

/** It takes one processor: this calls several in their order. */
function all(processors: readonly Processor[]): Processor {
  return {
    onStart: (span, context) => processors.forEach((each) => each.onStart(span, context)),
    onEnd: (span) => processors.forEach((each) => each.onEnd(span)),
    forceFlush: async () => void (await Promise.all(processors.map((each) => each.forceFlush()))),
    shutdown: async () => void (await Promise.all(processors.map((each) => each.shutdown()))),
  }
}

export default traceloop
