import { AiSdkInstrumentation, LangChainInstrumentation, OpenAIAgentsInstrumentation } from '@swarmwatch/instrumentation'
import { afterEach, describe, expect, test } from 'vitest'

const keys = {
  integrations: 'AI_SDK_TELEMETRY_INTEGRATIONS',
  traceProvider: Symbol.for('openai.agents.core.traceProvider'),
  agentsStorage: Symbol.for('openai.agents.core.asyncLocalStorage'),
  tracingStorage: Symbol.for('ls:tracing_async_local_storage'),
}
const sources = [AiSdkInstrumentation, OpenAIAgentsInstrumentation, LangChainInstrumentation]

const define = (key: PropertyKey, property: PropertyDescriptor): void => {
  Object.defineProperty(globalThis, key, { configurable: true, enumerable: true, ...property })
}
afterEach(() => {
  for (const key of Object.values(keys)) Reflect.deleteProperty(globalThis, key)
})

/** Values that a framework would never put there, as another library or a locked-down runtime might. */
const hostile: Readonly<Record<string, PropertyDescriptor>> = {
  'a getter that throws': {
    get: () => {
      throw new Error('hostile')
    },
  },
  'a text': { value: 'text' },
  'an empty object': { value: {} },
  'a frozen list': { value: Object.freeze([]) },
  'a frozen object with methods': { value: Object.freeze({ createSpan: () => ({}), run: () => {}, getStore: () => {} }) },
  'a value that cannot be written': { value: undefined, writable: false },
}

describe.each(Object.entries(hostile))('%s in place of the global of a framework', (_, property) => {
  test.each(Object.entries(keys))('%s neither breaks enable() nor disable()', (_name, key) => {
    define(key, property)
    const before = Object.getOwnPropertyDescriptor(globalThis, key)
    for (const Source of sources) {
      const source = new Source()
      source.disable()
    }
    expect(Object.getOwnPropertyDescriptor(globalThis, key)).toEqual(before)
  })
})

test('a trace provider whose createSpan() throws throws the same error', () => {
  const error = new Error('theirs')
  define(keys.traceProvider, {
    value: {
      createSpan: () => {
        throw error
      },
    },
    writable: true,
  })
  const source = new OpenAIAgentsInstrumentation()
  const provider = (globalThis as unknown as Record<symbol, { createSpan(options: object): object }>)[keys.traceProvider]
  expect(() => provider?.createSpan({ data: { type: 'function' } })).toThrow(error)
  source.disable()
})

test.each([undefined, null, 7, {}, Object.freeze({ spanData: {} })])(
  'a span that is no span is returned unchanged: %o',
  (span) => {
    define(keys.traceProvider, { value: { createSpan: () => span }, writable: true })
    const source = new OpenAIAgentsInstrumentation()
    const provider = (globalThis as unknown as Record<symbol, { createSpan(options: object): object }>)[keys.traceProvider]
    expect(provider?.createSpan({ data: { type: 'function', name: 'look' } })).toBe(span)
    source.disable()
  },
)

test('a trace provider that appears later is followed, and the property is an ordinary one after disable()', () => {
  const source = new OpenAIAgentsInstrumentation()
  const globals = globalThis as unknown as Record<symbol, { createSpan(): object }>
  const provider = { createSpan: () => ({}) }
  globals[keys.traceProvider] = provider
  expect(globals[keys.traceProvider]).toBe(provider)
  expect(Object.hasOwn(provider, 'createSpan')).toBe(true)
  source.disable()
  expect(Object.getOwnPropertyDescriptor(globalThis, keys.traceProvider)).toMatchObject({ value: provider, writable: true })
})

test.each([0, 1])('of two sources, the one that stays follows a trace provider that appears later: %i', (stays) => {
  const sources = [new OpenAIAgentsInstrumentation(), new OpenAIAgentsInstrumentation()]
  sources[1 - stays]!.disable()
  const globals = globalThis as unknown as Record<symbol, object | undefined>
  const createSpan = (): object => ({})
  const provider = { createSpan }
  globals[keys.traceProvider] = provider
  expect(provider.createSpan).not.toBe(createSpan)
  sources[stays]!.disable()
  expect(provider.createSpan).toBe(createSpan)
  expect(Object.getOwnPropertyDescriptor(globalThis, keys.traceProvider)).toMatchObject({ value: provider, writable: true })
})

test('each of two sources that are enabled before a trace provider appears follows it', () => {
  const sources = [new OpenAIAgentsInstrumentation(), new OpenAIAgentsInstrumentation()]
  const globals = globalThis as unknown as Record<symbol, object | undefined>
  const createSpan = (): object => ({})
  const provider = { createSpan }
  globals[keys.traceProvider] = provider
  sources[0]!.disable()
  expect(provider.createSpan).not.toBe(createSpan)
  sources[1]!.disable()
  expect(provider.createSpan).toBe(createSpan)
})
