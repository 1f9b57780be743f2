import { fc, test as propertyTest } from '@fast-check/vitest'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentExecution, getExecutionMetrics, instrumentAgent, recordInference } from '../../src/index.ts'
import { beginInference, type InferenceCall, type InferenceEnd, type InferenceSource } from '../../src/instrumentation.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

const quick = { recovery: { baseDelaySeconds: 0 }, logger: false } as const
let ids = 0
/** The ledger lives as long as the process. */
const newId = (): string => `response-${(ids += 1)}`

function begin(source: InferenceSource, startedAt?: number, known: InferenceEnd = {}): InferenceCall {
  return beginInference({ source, provider: 'openai', model: 'gpt-6', startedAt, known: () => known })
}

/** Tokens and model calls of the last run, as counters, span and record have them. */
async function counted(agentName: string): Promise<object> {
  const [record] = getExecutionMetrics({ recent: 1, agentName }).recent
  const root = telemetry.spans(`invoke_agent ${agentName}`).at(-1)!.attributes
  const ofAgent = { 'agent.name': agentName }
  const views = {
    record: [record!.inputTokens, record!.outputTokens, record!.modelCalls, record!.httpTries],
    span: ['gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'swarmwatch.model.calls', 'swarmwatch.http.tries'].map(
      (key) => root[key] ?? 0,
    ),
    counters: [
      await telemetry.sum('agent.tokens', { ...ofAgent, direction: 'input' }),
      await telemetry.sum('agent.tokens', { ...ofAgent, direction: 'output' }),
      await telemetry.sum('agent.model.calls', ofAgent),
      await telemetry.sum('agent.model.requests', ofAgent),
    ],
  }
  expect(views.span).toEqual(views.record)
  expect(views.counters).toEqual(views.record)
  return { input: views.record[0], output: views.record[1], calls: views.record[2], tries: views.record[3] }
}

const usage = { inputTokens: 100, outputTokens: 20 }

type Step = readonly [call: number, source: InferenceSource | 'addTokens']

propertyTest.prop([
  fc
    .integer({ min: 1, max: 6 })
    .chain((calls) =>
      fc
        .shuffledSubarray(
          Array.from({ length: calls }, (_, call) =>
            (['wire', 'ai-sdk', 'langchain', 'addTokens'] as const).map((source): Step => [call, source]),
          ).flat(),
          { minLength: 1 },
        )
        .map((steps) => ({ calls, steps })),
    ),
])('in any order of their reports, the tokens of responses with ids are counted once', async ({ calls, steps }) => {
  telemetry.reset()
  const agentName = 'any-order'
  const responseIds = Array.from({ length: calls }, newId)
  // Equal usage would make a call that the wire cannot see look like one that it saw
  const usageOf = (call: number) => ({ inputTokens: 100 + call, outputTokens: 20 })
  await instrumentAgent(
    async () => {
      const wire = new Map(steps.filter(([, source]) => source === 'wire').map(([call]) => [call, begin('wire')]))
      for (const [call, source] of steps) {
        const responseId = responseIds[call]!
        const end: InferenceEnd = { responseId, responseModel: 'gpt-6-1', usage: usageOf(call), status: 200 }
        if (source === 'addTokens')
          currentExecution()!.addTokens({ input: usageOf(call).inputTokens, output: 20, model: 'gpt-6', responseId })
        else (source === 'wire' ? wire.get(call)! : begin(source)).end(end)
      }
    },
    { name: agentName, ...quick },
  )()
  const reported = new Set(steps.map(([call]) => call))
  const called = new Set(steps.filter(([, source]) => source !== 'addTokens').map(([call]) => call))
  const tries = steps.filter(([, source]) => source === 'wire').length
  expect(await counted(agentName)).toEqual({
    input: [...reported].reduce((sum, call) => sum + usageOf(call).inputTokens, 0),
    output: 20 * reported.size,
    calls: called.size,
    tries,
  })
})

propertyTest.prop([
  fc.array(
    fc.record({
      tokens: fc.integer({ min: 1, max: 3 }),
      hasId: fc.boolean(),
      hookId: fc.constantFrom('same', 'none', 'made up'),
    }),
    {
      minLength: 1,
      maxLength: 8,
    },
  ),
])('a hook that reports each call after the wire, under another id or none, counts nothing', async (calls) => {
  telemetry.reset()
  const agentName = 'made-up'
  const results = await instrumentAgent(
    async () =>
      calls.map(({ tokens, hasId, hookId }) => {
        const hook = begin('ai-sdk', Date.now())
        const spent = { inputTokens: tokens, outputTokens: tokens }
        const responseId = hasId ? newId() : undefined
        const wired = begin('wire').end({ responseId, usage: spent, status: 200 })
        const reportedId = hookId === 'same' ? responseId : hookId === 'none' ? undefined : `aitxt-${newId()}`
        return [wired, hook.end({ responseId: reportedId, usage: spent })]
      }),
    { name: agentName, ...quick },
  )()
  expect(results).toEqual(calls.map(() => ['counted', 'duplicate']))
  const sum = calls.reduce((total, { tokens }) => total + tokens, 0)
  expect(await counted(agentName)).toEqual({ input: sum, output: sum, calls: calls.length, tries: calls.length })
})

test('a hook that reports before the wire has ended leaves the count to the wire, and its usage is kept', async () => {
  const results: unknown[] = []
  await instrumentAgent(
    async () => {
      const hook = begin('langchain', Date.now())
      const wire = begin('wire', undefined, { status: 200 })
      results.push(hook.end({ usage }))
      results.push(wire.end({ responseId: newId(), status: 200 }))
    },
    { name: 'early-hook', ...quick },
  )()
  expect(results).toEqual(['duplicate', 'counted'])
  expect(await counted('early-hook')).toEqual({ input: 100, output: 20, calls: 1, tries: 1 })
})

test('two parallel calls with the same usage and no ids are two calls, whatever reports them', async () => {
  await instrumentAgent(
    async () => {
      const hooks = [begin('ai-sdk', Date.now()), begin('ai-sdk', Date.now())]
      const wires = [begin('wire'), begin('wire')]
      for (const wire of wires) wire.end({ usage, status: 200 })
      for (const hook of hooks) hook.end({ usage })
    },
    { name: 'parallel', ...quick },
  )()
  expect(await counted('parallel')).toEqual({ input: 200, output: 40, calls: 2, tries: 2 })
})

test('a hook counts the call that the wire cannot see, and only once', async () => {
  const responseId = newId()
  await instrumentAgent(
    async () => {
      begin('wire').end({ responseId: newId(), usage: { inputTokens: 7, outputTokens: 1 }, status: 200 })
      expect(begin('ai-sdk').end({ responseId, usage })).toBe('counted')
      expect(begin('langchain').end({ responseId, usage })).toBe('duplicate')
    },
    { name: 'unseen', ...quick },
  )()
  expect(await counted('unseen')).toEqual({ input: 107, output: 21, calls: 2, tries: 1 })
})

test('a call that is still open when its attempt ends is counted once, with what is known then', async () => {
  let call: InferenceCall | undefined
  await instrumentAgent(
    async () => {
      call = beginInference({
        source: 'wire',
        model: 'gpt-6',
        known: () => ({ responseId: newId(), usage: { inputTokens: 100 }, status: 200 }),
      })
    },
    { name: 'broken-off', ...quick },
  )()
  expect(await counted('broken-off')).toEqual({ input: 100, output: 0, calls: 1, tries: 1 })
  expect(call!.end({ usage })).toBe('counted')
  // The rest arrived after the run: only the metrics of the client take it
  expect(await counted('broken-off')).toEqual({ input: 100, output: 0, calls: 1, tries: 1 })
  expect(await telemetry.sum('gen_ai.client.inference.usage.input_tokens')).toBe(100)
  expect(await telemetry.sum('gen_ai.client.inference.usage.output_tokens')).toBe(20)
})

test('a retried attempt is billed each time', async () => {
  await instrumentAgent(
    async () => {
      begin('wire').end({ responseId: newId(), usage, status: 200 })
      if (currentExecution()!.attempt < 3) throw new Error('not good enough')
    },
    { name: 'billed', ...quick },
  )()
  expect(await counted('billed')).toEqual({ input: 300, output: 60, calls: 3, tries: 3 })
})

test('requests that a client repeats after a failure are tries of one call, and each attempt has its own', async () => {
  await instrumentAgent(
    async () => {
      begin('wire').end({ status: 500, requestFingerprint: 'f' })
      begin('wire').end({ status: 429, requestFingerprint: 'f' })
      begin('wire').end({ status: 200, responseId: newId(), usage, requestFingerprint: 'f' })
      begin('wire').end({ status: 200, responseId: newId(), usage, requestFingerprint: 'f' })
      if (currentExecution()!.attempt === 1) throw new Error('again')
    },
    { name: 'repeats', ...quick },
  )()
  expect(await counted('repeats')).toEqual({ input: 400, output: 80, calls: 4, tries: 8 })
  const spans = telemetry.spans('chat gpt-6').map(({ attributes }) => attributes['http.request.resend_count'])
  expect(spans).toEqual([undefined, 1, 2, undefined, undefined, 1, 2, undefined])
  expect(telemetry.spans('attempt 1')[0]!.attributes['swarmwatch.http.tries']).toBe(4)
  expect(await telemetry.sum('agent.model.requests', { 'agent.name': 'repeats', 'error.type': '429' })).toBe(2)
})

test('a server that repeats its response ids is counted for each response, and hooks still count nothing', async () => {
  const responseId = newId()
  const agent = instrumentAgent(
    async () => {
      const results: unknown[] = []
      for (const tokens of [1, 2]) {
        const end = { responseId, usage: { inputTokens: tokens, outputTokens: 1 }, status: 200 }
        const hook = begin('ai-sdk', Date.now())
        results.push(begin('wire').end(end), hook.end(end))
        currentExecution()!.addTokens({ input: tokens, output: 1, responseId })
        await Promise.resolve()
      }
      return results
    },
    { name: 'constant-id', ...quick },
  )
  const both = await Promise.all([agent(), agent()])
  expect(both).toEqual([1, 2].map(() => ['counted', 'duplicate', 'counted', 'duplicate']))
  expect(await telemetry.sum('agent.tokens', { 'agent.name': 'constant-id', direction: 'input' })).toBe(6)
  expect(await telemetry.sum('agent.model.calls', { 'agent.name': 'constant-id' })).toBe(4)
})

test('addTokens() with the id of a response adds its tokens once, before or after the instrumentation', async () => {
  const [first, second] = [newId(), newId()]
  await instrumentAgent(
    async () => {
      const run = currentExecution()!
      begin('wire').end({ responseId: first, usage, status: 200 })
      for (let time = 0; time < 2; time += 1) run.addTokens({ input: 100, output: 20, responseId: first })
      run.addTokens({ input: 100, output: 20, model: 'gpt-6', responseId: second })
      run.addCost(0.5, { responseId: second })
      run.addCost(0.5, { responseId: second })
      begin('wire').end({ responseId: second, usage, status: 200, costUsd: 0.4 })
    },
    { name: 'by-hand-with-id', ...quick },
  )()
  expect(await counted('by-hand-with-id')).toEqual({ input: 200, output: 40, calls: 2, tries: 2 })
  expect(await telemetry.sum('agent.cost.usd', { 'agent.name': 'by-hand-with-id' })).toBe(0.5)
})

test('of 11,000 responses, each is counted once, and a late report of any of them counts nothing', () => {
  const responseIds = Array.from({ length: 11_000 }, newId)
  const report = (source: InferenceSource) =>
    responseIds.map((responseId) => begin(source).end({ responseId, usage, status: 200 }))
  expect(new Set(report('wire'))).toEqual(new Set(['counted']))
  expect(new Set(report('ai-sdk'))).toEqual(new Set(['duplicate']))
})

test('addTokens() counts a response in the run whose call was seen outside of it', async () => {
  const responseId = newId()
  begin('wire').end({ responseId, usage, status: 200 })
  await instrumentAgent(async () => currentExecution()!.addTokens({ input: 100, output: 20, responseId }), {
    name: 'lost-context',
    ...quick,
  })()
  expect(await counted('lost-context')).toEqual({ input: 100, output: 20, calls: 0, tries: 0 })
})

test('a call without an execution is counted in the metrics of the client only', async () => {
  recordInference({ model: 'llama-4', provider: 'ollama', usage, seconds: 1.5 })
  expect(await telemetry.sum('gen_ai.client.inference.usage.input_tokens', { 'gen_ai.provider.name': 'ollama' })).toBe(100)
  expect(await telemetry.points('agent.tokens')).toEqual([])
})
