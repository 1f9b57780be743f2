import { SpanKind, trace } from '@opentelemetry/api'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { getActiveExecutions, instrumentAgent, instrumentTool } from '../src/index.ts'
import { beginToolCall, configureInferences } from '../src/instrumentation.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

/** Runs `work` as an agent and returns its tool spans, the number of its tool calls, and the number of recorded durations. */
async function inRun(work: () => unknown): Promise<{ spans: string[]; calls: unknown; durations: number }> {
  await instrumentAgent(async () => work(), { name: 'solver', logger: false, recovery: { maxRetries: 0 } })().catch(() => {})
  const tools = telemetry.spans().filter(({ attributes }) => attributes['gen_ai.operation.name'] === 'execute_tool')
  return {
    spans: tools.map(({ name, attributes }) => [name, attributes['error.type']].filter(Boolean).join(' ')),
    calls: telemetry.expectExecution('solver').attributes['swarmwatch.tool.calls'],
    durations: await telemetry.sum('gen_ai.execute_tool.duration'),
  }
}

test('a reported tool call is a span, a count and a duration of the run', async () => {
  const recorded = await inRun(() => {
    const call = beginToolCall({ name: 'search', source: 'ai-sdk', type: 'function', callId: 'call_1', description: 'Finds' })
    call.end('nothing')
    call.fail(new Error('too late'))
  })
  expect(recorded).toEqual({ spans: ['execute_tool search'], calls: 1, durations: 1 })
  const [span] = telemetry.spans('execute_tool search')
  expect(span?.attributes).toEqual({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.agent.name': 'solver',
    'gen_ai.tool.name': 'search',
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.id': 'call_1',
    'gen_ai.tool.description': 'Finds',
  })
  const [point] = await telemetry.points('gen_ai.execute_tool.duration')
  expect(point?.attributes).toEqual({
    'gen_ai.agent.name': 'solver',
    'gen_ai.tool.name': 'search',
    'gen_ai.tool.type': 'function',
  })
})

test('a reported tool call fails with its own error.type, or with that of the error', async () => {
  const recorded = await inRun(() => {
    beginToolCall({ name: 'search', source: 'mcp' }).fail(new Error('not found'), 'tool_error')
    beginToolCall({ name: 'read', source: 'mcp' }).fail(Object.assign(new Error('no file'), { code: 'ENOENT' }))
  })
  expect(recorded).toEqual({
    spans: ['execute_tool search tool_error', 'execute_tool read ENOENT'],
    calls: 2,
    durations: 2,
  })
})

test('a reported tool call has the name, the kind, the attributes and the start that its source states', () => {
  const startedAt = Date.now() - 5000
  beginToolCall({
    name: 'search',
    source: 'mcp',
    spanName: 'tools/call search',
    spanKind: SpanKind.CLIENT,
    attributes: { 'mcp.method.name': 'tools/call' },
    startedAt,
  }).end()
  const [span] = telemetry.spans()
  expect(span).toMatchObject({ name: 'tools/call search', kind: SpanKind.CLIENT })
  expect(span?.attributes).toMatchObject({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'search' })
  expect(span!.duration[0]).toBeGreaterThanOrEqual(4)
})

test('an instrumented tool inside a reported call of the same tool is that call', async () => {
  const search = instrumentTool(async () => 'found', { name: 'search', description: 'Finds' })
  const recorded = await inRun(async () => {
    const call = beginToolCall({ name: 'search', source: 'ai-sdk' })
    await call.within(search)
    call.end()
  })
  expect(recorded).toEqual({ spans: ['execute_tool search'], calls: 1, durations: 1 })
  expect(telemetry.spans('execute_tool search')[0]?.attributes).toMatchObject({ 'gen_ai.tool.description': 'Finds' })
})

test('an instrumented tool is part of the reported call also where no context leads to it', async () => {
  const search = instrumentTool(async () => 'found', { name: 'search' })
  const recorded = await inRun(async () => {
    const calls = [1, 2].map((callId) => beginToolCall({ name: 'search', source: 'langchain', callId: String(callId) }))
    await Promise.all([search(), search()])
    for (const call of calls) call.end()
  })
  expect(recorded).toEqual({ spans: ['execute_tool search', 'execute_tool search'], calls: 2, durations: 2 })
})

test('an error of an instrumented tool is an error of the reported call, also when the framework swallows it', async () => {
  const search = instrumentTool(
    () => {
      throw Object.assign(new Error('no host'), { code: 'ENOTFOUND' })
    },
    { name: 'search' },
  )
  const recorded = await inRun(() => {
    const call = beginToolCall({ name: 'search', source: 'openai-agents' })
    expect(() => call.within(search)).toThrow('no host')
    call.end('An error occurred')
  })
  expect(recorded).toEqual({ spans: ['execute_tool search ENOTFOUND'], calls: 1, durations: 1 })
})

test('a call of an MCP tool inside a reported call of this tool is that call, whatever name of a server is in front', async () => {
  const recorded = await inRun(() => {
    for (const name of ['search', 'mcp__web__search', 'web_search']) {
      const outer = beginToolCall({ name, source: 'langchain' })
      const inner = outer.within(() =>
        beginToolCall({
          name: 'search',
          source: 'mcp',
          spanName: 'tools/call search',
          attributes: { 'mcp.method.name': 'tools/call' },
        }),
      )
      inner.fail(new Error('wrong'), 'tool_error')
      outer.end()
    }
  })
  const spans = ['execute_tool search', 'execute_tool mcp__web__search', 'execute_tool web_search']
  expect(recorded).toEqual({ spans: spans.map((name) => `${name} tool_error`), calls: 3, durations: 3 })
  expect(telemetry.spans(spans[0])[0]?.attributes).toMatchObject({ 'mcp.method.name': 'tools/call' })
})

test('a call of an MCP tool inside an instrumented tool of its name is that call, also if its result is an error', async () => {
  const undo = configureInferences({})
  const search = instrumentTool(
    async (isError: boolean) => {
      const call = beginToolCall({ name: 'search', source: 'mcp', attributes: { 'mcp.method.name': 'tools/call' } })
      await call.within(async () => undefined)
      if (isError) call.fail(new Error('no index'), 'tool_error')
      else call.end('found')
      return 'text for the model'
    },
    { name: 'search' },
  )
  const recorded = await inRun(async () => {
    expect(await search(false)).toBe('text for the model')
    expect(await search(true)).toBe('text for the model')
  })
  undo()
  expect(recorded).toEqual({
    spans: ['execute_tool search', 'execute_tool search tool_error'],
    calls: 2,
    durations: 2,
  })
  expect(telemetry.spans('execute_tool search')[0]!.attributes['mcp.method.name']).toBe('tools/call')
  expect(await telemetry.sum('gen_ai.execute_tool.duration', { 'error.type': 'tool_error' })).toBe(1)
})

test('a different tool, a second call, and a tool of a nested agent are calls of their own', async () => {
  const search = instrumentTool(() => 'found', { name: 'search' })
  const read = instrumentTool(() => 'text', { name: 'read' })
  const nested = instrumentAgent(async () => search(), { name: 'nested', logger: false })
  const recorded = await inRun(async () => {
    const call = beginToolCall({ name: 'search', source: 'ai-sdk' })
    call.within(read)
    await call.within(nested)
    call.within(search)
    call.within(search)
    call.end()
  })
  expect(recorded.calls).toBe(3)
  expect(recorded.durations).toBe(4)
})

test('a span execute_tool of another library is the span of the reported call', async () => {
  const recorded = await inRun(() =>
    trace
      .getTracer('ai')
      .startActiveSpan(
        'execute_tool search',
        { attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' } },
        (span) => {
          beginToolCall({ name: 'search', source: 'ai-sdk', attributes: { 'mcp.session.id': 's' } }).end()
          span.end()
        },
      ),
  )
  expect(recorded).toEqual({ spans: ['execute_tool search'], calls: 1, durations: 1 })
  expect(telemetry.spans('execute_tool search')[0]?.attributes).toMatchObject({ 'mcp.session.id': 's' })
})

test('arguments and result of a reported call are recorded only on request, without secrets', () => {
  const report = (): void => beginToolCall({ name: 'search', source: 'mcp', arguments: { key: 'sk-12345678' } }).end({ ok: 1 })
  report()
  const restore = configureInferences({ captureContent: true })
  report()
  restore()
  const [without, withContent] = telemetry.spans()
  expect(Object.keys(without!.attributes)).toEqual(['gen_ai.operation.name', 'gen_ai.tool.name'])
  expect(withContent?.attributes).toMatchObject({
    'gen_ai.tool.call.arguments': '{"key":"***"}',
    'gen_ai.tool.call.result': '{"ok":1}',
  })
})

test('calls that never end hold nothing: their agent ends, and later calls are found', async () => {
  await inRun(() => {
    for (let n = 0; n < 1500; n += 1) beginToolCall({ name: `tool-${n}`, source: 'ai-sdk' })
  })
  expect(getActiveExecutions()).toEqual([])
  const search = instrumentTool(() => 'found', { name: 'search' })
  const call = beginToolCall({ name: 'search', source: 'ai-sdk' })
  call.within(search)
  call.end()
  expect(telemetry.spans('execute_tool search')).toHaveLength(1)
})

test('calls that a finished run left open are exported and released', async () => {
  await inRun(() => {
    for (let n = 0; n < 100; n += 1) beginToolCall({ name: 'search', source: 'ai-sdk' })
  })
  expect(telemetry.spans('execute_tool search')).toEqual([])
  beginToolCall({ name: 'read', source: 'ai-sdk' }).end()
  expect(telemetry.spans('execute_tool search')).toHaveLength(100)
  expect(await telemetry.sum('gen_ai.execute_tool.duration')).toBe(1)
})
