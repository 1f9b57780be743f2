import { getActiveExecutions, instrumentAgent, onExecution, type ExecutionRecord } from '@swarmwatch/sdk'
import { eventually } from '@swarmwatch/testkit'
import {
  answer,
  brokenStream,
  cut,
  failure,
  held,
  type ModelProvider,
  openModelProvider,
  type Reply,
  type Script,
  silence,
  toolCalls,
} from '@swarmwatch/testkit/providers'

import type { Framework } from '../frameworks-to-test.ts'

/** The agent returns a text, or a stream that the caller reads. */
export type Kind = 'plain' | 'stream'

/** A situation in which every framework is tried. */
export interface Situation {
  readonly name: string
  /** `released` resolves when the caller has stopped reading. */
  readonly script: (framework: Framework, kind: Kind, released: Promise<unknown>) => Script
  /** Aborts after the first text of a stream, or once the provider has the request. */
  readonly abortedBy?: 'caller' | 'agent'
  /** It can only happen to a stream. */
  readonly isStream?: boolean
  /** The caller stops reading after the first text. */
  readonly isLeft?: boolean
  /** Retries of the client. @default its own, which wait as long as the provider asks */
  readonly maxRetries?: number
}

// Clients repeat a failed request by themselves, and wait as long as the provider asks
const brief = { retryAfterSeconds: 0.001 }

const answered = ({ hasTools }: Framework): Reply[] =>
  hasTools ? [toolCalls({ name: 'look', input: { place: 'argument-marker' } }), answer()] : [answer()]

const waiting = (kind: Kind, released?: Promise<unknown>): Script => [kind === 'stream' ? held(1, released) : silence]

/** The situations of the table, in its order. */
export const situations: readonly Situation[] = [
  { name: 'ok', script: answered },
  { name: '429, then ok', script: (framework) => [failure(429, brief), ...answered(framework)] },
  { name: '429', script: () => [failure(429, brief)] },
  { name: '500', script: () => [failure(500, brief)] },
  { name: '401', script: () => [failure(401)] },
  // Without a request of the provider, the AI SDK's client would wait 2 and 4 s
  { name: 'error first', script: () => [brokenStream(0)], isStream: true, maxRetries: 0 },
  { name: 'error within', script: () => [brokenStream(1)], isStream: true, maxRetries: 0 },
  { name: 'cut', script: () => [cut(1)], maxRetries: 0 },
  { name: 'aborted by the caller', script: (_, kind) => waiting(kind), abortedBy: 'caller' },
  { name: 'aborted by the agent', script: (_, kind) => waiting(kind), abortedBy: 'agent' },
  { name: 'left by the reader', script: (_, kind, released) => waiting(kind, released), isLeft: true, isStream: true },
]

/** The kinds of agents that can be in a situation. */
export const kindsOf = ({ isStream }: Situation): readonly Kind[] => (isStream ? ['stream'] : ['plain', 'stream'])

/** A run of an agent, and the provider that answered it. */
export interface Played extends AsyncDisposable {
  readonly run: ExecutionRecord
  /** The text that the caller received, or its error. */
  readonly received: unknown
  readonly provider: ModelProvider
}

/** Runs the agent of a framework once, as a user and a caller do. The caller must close the provider. */
export async function playRun(name: string, framework: Framework, kind: Kind, situation: Situation): Promise<Played> {
  const reading = Promise.withResolvers<void>()
  const provider = await openModelProvider(situation.script(framework, kind, reading.promise))
  const caller = new AbortController()
  const own = new AbortController()
  const abort = (): void => (situation.abortedBy === 'agent' ? own : caller).abort()
  const ask = (_: { signal: AbortSignal }): unknown => {
    const signal = situation.abortedBy === 'agent' ? own.signal : caller.signal
    return framework[kind]({ ...provider, maxRetries: situation.maxRetries }, signal)
  }
  const ended: ExecutionRecord[] = []
  const stop = onExecution(({ type, execution }) => {
    if (type === 'finished' && execution.agentName === name) ended.push(execution)
  })
  const agent = instrumentAgent(ask, { name, logger: false })
  const onText = (): boolean => {
    if (situation.abortedBy) abort()
    return !situation.isLeft
  }
  const receive = async (): Promise<unknown> => {
    const result = await agent({ signal: caller.signal })
    return kind === 'stream' ? framework.read(result, onText) : result
  }
  const receiving = receive().catch((error: unknown) => error)
  if (situation.abortedBy && kind === 'plain') {
    await eventually('the request', () => provider.requests.length > 0)
    abort()
  }
  const received = await receiving
  // Other frameworks disconnect from the provider, whose answer has to end there
  if (framework.isReadOn) reading.resolve()
  const run = await eventually(`the run of ${name} to end`, () => getActiveExecutions().length === 0 && ended[0])
  stop()
  return { run, received, provider, [Symbol.asyncDispose]: () => provider.close() }
}
