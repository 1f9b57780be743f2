import { importPeer } from './import-peer.ts'

/** Any agent: what is compared wraps every function there is. */
export type AnyAgent = (...args: never[]) => unknown

/** Wraps an agent so that its runs show under `name`. */
export type Wrap = <Agent extends AnyAgent>(agent: Agent, name: string) => Agent

/** Something else that a user might wrap an agent with. */
export interface Peer {
  readonly package: string
  /** The function of it that is the equal of `instrumentAgent`, as its types and README have it. */
  readonly call: string
  readonly load: () => Promise<Wrap>
}

type Wrapper<Options> = <Agent extends AnyAgent>(agent: Agent, options: Options) => Agent

/** Those that take spans to the OpenTelemetry provider which is registered, no matter which code registered it. */
export const peersOnOurProvider: readonly Peer[] = [
  {
    package: '@arizeai/openinference-core',
    call: 'traceAgent',
    async load() {
      const { traceAgent } = await importPeer<{ traceAgent: Wrapper<{ name: string }> }>('@arizeai/openinference-core')
      return (agent, name) => traceAgent(agent, { name })
    },
  },
  {
    package: '@langfuse/tracing',
    call: 'observe',
    async load() {
      const { observe } = await importPeer<{ observe: Wrapper<{ name: string; asType: string }> }>('@langfuse/tracing')
      return (agent, name) => observe(agent, { name, asType: 'agent' })
    },
  },
  {
    package: '@langfuse/tracing',
    call: 'observe, no content',
    async load() {
      const { observe } = await importPeer<{ observe: Wrapper<object> }>('@langfuse/tracing')
      return (agent, name) => observe(agent, { name, asType: 'agent', captureInput: false, captureOutput: false })
    },
  },
  {
    package: 'logfire',
    call: 'instrument',
    async load() {
      const { instrument } = await importPeer<{ instrument: Wrapper<{ message: string }> }>('logfire')
      return (agent, name) => instrument(agent, { message: name })
    },
  },
  {
    package: 'openlit',
    call: 'trace',
    async load() {
      const { trace } = await importPeer<{ readonly trace: (name: string, run: () => unknown) => unknown }>('openlit')
      return (agent, name) => around(agent, (run) => trace(name, run))
    },
  },
]

/** A wrapper from a function that runs another one. */
function around<Agent extends AnyAgent>(agent: Agent, runs: (run: () => unknown) => unknown): Agent {
  function wrapped(this: unknown, ...args: never[]): unknown {
    return runs(() => Reflect.apply(agent, this, args) as unknown)
  }
  return wrapped as unknown as Agent
}

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

/** Starts Sentry as its documentation describes, except for the transport. */
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

/** Starts Traceloop as its documentation describes, except for the exporter, and without requests to its servers. */
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
