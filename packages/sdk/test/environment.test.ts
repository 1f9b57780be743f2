import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => {
  vi.unstubAllEnvs()
  return telemetry.shutdown()
})

/** The SDK as a process with these variables loads it. */
async function sdkWith(variables: Readonly<Record<string, string>>) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  vi.resetModules()
  return import('../src/index.ts')
}

test.for([
  ['true', true],
  ['SPAN_ONLY', true],
  ['SPAN_AND_EVENT', true],
  ['EVENT_ONLY', false],
  ['NO_CONTENT', false],
  ['', false],
] as const)(
  'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=%s decides where no option does: %s',
  async ([value, isCaptured]) => {
    const { instrumentAgent, instrumentTool, recordInference } = await sdkWith({
      OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: value,
    })
    const tool = instrumentTool((text: string) => text.length, { name: 'measure' })
    const agent = instrumentAgent(
      async (text: string) => {
        recordInference({ model: 'm', output: [{ role: 'assistant', parts: [{ type: 'text', content: text }] }] })
        return tool(text)
      },
      { name: 'asked' },
    )
    const silent = instrumentAgent(async (text: string) => text, { name: 'silent', captureInput: false, captureOutput: false })
    await agent('question')
    await silent('question')
    const keys = telemetry
      .spans()
      .flatMap(({ attributes }) => Object.keys(attributes).filter((key) => /messages|tool\.call\./.test(key)))
    const all = [
      'gen_ai.output.messages',
      'gen_ai.tool.call.arguments',
      'gen_ai.tool.call.result',
      'gen_ai.input.messages',
      'gen_ai.output.messages',
    ]
    expect(keys).toEqual(isCaptured ? all : [])
  },
)

test('OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai/dup sends the names of version 1.41 of the conventions as well', async () => {
  const { instrumentAgent, recordInference } = await sdkWith({ OTEL_SEMCONV_STABILITY_OPT_IN: 'http, gen_ai/dup' })
  const workflow = async () => recordInference({ model: 'm', usage: { inputTokens: 5 } })
  await instrumentAgent(workflow, { name: 'pipeline', kind: 'workflow' })()
  expect(await telemetry.sum('gen_ai.client.token.usage')).toBe(1)
  expect(telemetry.spans('invoke_workflow pipeline')[0]!.attributes['gen_ai.workflow.name']).toBe('pipeline')
})
