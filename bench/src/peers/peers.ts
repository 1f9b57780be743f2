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

/** Those that take spans to the OpenTelemetry provider which is registered, whoever registered it. */
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
export function around<Agent extends AnyAgent>(agent: Agent, runs: (run: () => unknown) => unknown): Agent {
  function wrapped(this: unknown, ...args: never[]): unknown {
    return runs(() => Reflect.apply(agent, this, args) as unknown)
  }
  return wrapped as unknown as Agent
}
