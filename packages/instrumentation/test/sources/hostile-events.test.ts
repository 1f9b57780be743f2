import { expect, test } from 'vitest'

import { ActiveSource } from '../../src/sources/active-source.ts'
import { eventsOfVersion6 } from '../../src/sources/ai-sdk/events-of-version-6.ts'
import { eventsOfVersion7 } from '../../src/sources/ai-sdk/events-of-version-7.ts'
import { LangChainHandler } from '../../src/sources/langchain/langchain-handler.ts'

/** An event whose properties have other types than in the releases that are known. */
const changed = new Proxy({}, { get: (_, key) => (key === 'callId' ? 'call-1' : 7) }) as never

test.each([
  ['version 6 of the AI SDK', (source: ActiveSource) => eventsOfVersion6(source)],
  ['version 7 of the AI SDK', (source: ActiveSource) => eventsOfVersion7(source)],
  ['LangChain', () => new LangChainHandler()],
])('events of %s in a form that a later release may have do not throw', (_, handlers) => {
  const source = new ActiveSource('changed events')
  const handler = handlers(source) as unknown as Record<string, unknown>
  const names = [...Object.keys(handler), ...Object.getOwnPropertyNames(Object.getPrototypeOf(handler))]
  for (const name of names.filter((each) => /^(?:on|handle)[A-Z]/.test(each))) {
    const handle = handler[name] as (...args: unknown[]) => unknown
    expect(() => handle.call(handler, changed, changed, 'run-1', changed, changed, changed, changed), name).not.toThrow()
  }
  source.release()
})
