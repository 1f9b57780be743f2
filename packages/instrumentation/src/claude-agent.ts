import { AsyncLocalStorage } from 'node:async_hooks'

import { guarded } from '@swarmwatch/sdk/instrumentation'

import { ClaudeQuery, type ClaudeMessage } from './claude-query.ts'
import { resumedSession, type ResumedSession } from './claude-totals.ts'

/**
 * Wraps `query` of the Claude Agent SDK, whose model calls and tools run in a child process that nothing else here sees. Tokens and cost
 * are those of the result message, which are exact for the query; the cost and what no message states of the tokens are on its last
 * model call. The earlier turns of a session that the query resumes, forks or continues are not counted again. Each model call, each
 * failed request with its status, and each tool call is recorded, the session as `gen_ai.conversation.id`. The returned `Query` is the
 * SDK's own object. Do not wrap tools of `createSdkMcpServer()` in `instrumentTool()` as well: their calls are reported here.
 *
 * @example
 * const ask = claudeAgent(query)
 * for await (const message of ask({ prompt: 'Which tests fail?' })) console.log(message.type)
 */
export function claudeAgent<Query extends (...args: never[]) => object>(query: Query): Query {
  const wrapped = (...args: never[]): object => {
    const started = query(...args)
    guarded('framework', () => observe(started, resumedSession(args)))
    return started
  }
  return wrapped as unknown as Query
}

type Iterator = Record<'next' | 'return' | 'throw', ((...args: unknown[]) => Promise<IteratorResult<ClaudeMessage>>) | undefined>

/** Replaces the methods of the iterator through which the messages are read, by any caller. */
function observe(started: object, resumed: ResumedSession | undefined): void {
  const iterate = (started as { [Symbol.asyncIterator]?: () => Iterator })[Symbol.asyncIterator]
  if (typeof iterate !== 'function') return
  // The same object each time, in which also the methods of `Query` end
  const iterator = Reflect.apply(iterate, started, [])
  // The reader may be outside of the run to which the query belongs
  const inRun = AsyncLocalStorage.snapshot()
  const observed = inRun(() => new ClaudeQuery(resumed))
  const end = (): void => guarded('framework', () => inRun(() => observed.end()))
  const { next, return: leave, throw: interrupt } = iterator
  if (typeof next === 'function')
    iterator.next = async (...args) => {
      try {
        const result = await Reflect.apply(next, iterator, args)
        if (result.done) end()
        else guarded('framework', () => inRun(() => observed.read(result.value)))
        return result
      } catch (error) {
        guarded('framework', () => observed.explain(error))
        end()
        throw error
      }
    }
  for (const [name, method] of [
    ['return', leave],
    ['throw', interrupt],
  ] as const) {
    if (typeof method !== 'function') continue
    iterator[name] = (...args) => {
      end()
      return Reflect.apply(method, iterator, args)
    }
  }
}
