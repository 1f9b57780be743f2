import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { AgentInstrumentation, sourceNames } from '@swarmwatch/instrumentation'
import { instrumentAgent, recordInference } from '@swarmwatch/sdk'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

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

  test('its warnings on the console have the prefix of Swarmwatch', async () => {
    const printed = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => printed.mockRestore())
    const instrumentation = new AgentInstrumentation()
    onTestFinished(() => instrumentation.disable())
    await instrumentAgent(async () => recordInference({ model: 'own-1', usage: { inputTokens: 3 } }), { name: 'unpriced' })()
    expect(printed.mock.calls).toEqual([[expect.stringMatching(/^\[TELEMETRY\] no price for model own-1 /)]])
  })

  test('names every source', () => {
    expect(sourceNames).toContain('wire')
  })
})
