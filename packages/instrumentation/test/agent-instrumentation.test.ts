import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { AgentInstrumentation, sourceNames } from '@swarmwatch/instrumentation'
import { describe, expect, test } from 'vitest'

describe('AgentInstrumentation', () => {
  test('enables every source by default, and none after disable()', () => {
    const instrumentation = new AgentInstrumentation()
    expect(instrumentation.found()).toContainEqual('wire')
    instrumentation.disable()
    expect(instrumentation.found()).toEqual([])
  })

  test.each([
    { frameworks: false, wire: false },
    { frameworks: [], wire: false },
    { frameworks: ['wire'], wire: true },
    { frameworks: { wire: false }, wire: false },
    { frameworks: {}, wire: true },
  ] as const)('enables wire: $wire with frameworks: $frameworks', ({ frameworks, wire }) => {
    const instrumentation = new AgentInstrumentation({ frameworks })
    expect(instrumentation.found().includes('wire')).toBe(wire)
    instrumentation.disable()
  })

  test('is enabled and disabled by registerInstrumentations()', () => {
    const instrumentation = new AgentInstrumentation({ enabled: false })
    expect(instrumentation.found()).toEqual([])
    const unregister = registerInstrumentations({ instrumentations: [instrumentation] })
    expect(instrumentation.found()).toContainEqual('wire')
    unregister()
    expect(instrumentation.found()).toEqual([])
  })

  test('names every source', () => {
    expect(sourceNames).toContain('wire')
  })
})
