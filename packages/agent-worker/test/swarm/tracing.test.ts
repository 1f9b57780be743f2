import { expect, test } from 'vitest'

import { listedFaults } from '../../src/model-server/fault-plan.ts'
import { createApiIntegrator } from '../../src/swarm/reference-agents.ts'
import { pathOf, startRecording } from './start-recording.ts'
import { everyAgent, firstTask, noRunActive, startSwarm } from './start-swarm.ts'

// 00-<trace id>-<span id>-01
const traceparent = /^00-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-01$/

test.each(everyAgent)('every model request of %s carries the traceparent of the attempt that sends it', async (agent) => {
  const recording = await startRecording()
  const { agents, model } = await startSwarm({ plan: listedFaults([undefined, { kind: 'server-error' }]) })
  await agents[agent](firstTask)
  await noRunActive()

  const spans = recording.spans()
  const paths = model.log.requests.map((request) => {
    const { traceId, spanId } = traceparent.exec(request.traceparent ?? '')?.groups ?? {}
    return pathOf(
      spans.find((span) => span.spanContext().traceId === traceId && span.spanContext().spanId === spanId),
      spans,
    )
  })
  const [first, second, ...rest] = paths
  const root = `invoke_agent ${agent}`
  expect([first, second]).toEqual(Array(2).fill(['chat scripted-1', 'attempt 1', root]))
  expect(rest.length).toBeGreaterThan(2)
  for (const path of rest) expect(path).toEqual(['chat scripted-1', 'attempt 2', root])
})

test.each(everyAgent)(
  'each tool call of %s is a child span of the attempt, and its HTTP request a child span of the tool call',
  async (agent) => {
    const recording = await startRecording()
    const { agents, backlog } = await startSwarm()
    await agents[agent](firstTask)
    await noRunActive()
    const spans = recording.spans()
    const tools = spans.filter(({ name }) => name.startsWith('execute_tool'))
    expect(tools.length).toBeGreaterThan(0)
    for (const tool of tools) expect(pathOf(tool, spans).slice(1)).toEqual(['attempt 1', `invoke_agent ${agent}`])

    const calls = spans.filter(({ attributes }) => attributes['url.full'] === backlog.url)
    const callers = {
      'rapid-builder': [],
      'api-integrator': ['execute_tool get_requirement'],
      reviewer: ['execute_tool post_review'],
    }
    expect(calls.map((call) => pathOf(call, spans)[1])).toEqual(callers[agent])
  },
)

test('the span of a streaming run ends after the last chunk', async () => {
  const recording = await startRecording()
  const { agents } = await startSwarm({ chunkDelayMs: 5 })
  await agents['api-integrator'](firstTask)
  await noRunActive()
  const spans = recording.spans()
  const root = spans.find(({ name }) => name.startsWith('invoke_agent'))
  const lastRequest = spans.filter(({ name }) => name === 'chat scripted-1').at(-1)
  expect(root && lastRequest && compare(root.endTime, lastRequest.endTime)).toBeGreaterThanOrEqual(0)
  expect(spans.at(-1)).toBe(root)
})

const compare = (left: [number, number], right: [number, number]): number => left[0] - right[0] || left[1] - right[1]

test('a streaming run stays active until its reader has received the last chunk', async () => {
  const recording = await startRecording()
  const { dependencies, model } = await startSwarm({ chunkDelayMs: 20 })
  const draft = await createApiIntegrator(dependencies)(firstTask)
  const chunks = draft.chunks()[Symbol.asyncIterator]()
  await chunks.next()
  expect(recording.spans().map(({ name }) => name)).not.toContain('invoke_agent api-integrator')
  expect(await recording.metrics()).toMatch(/^active_executions\{.*agent_name="api-integrator".*\} 1$/m)
  expect(model.log.requests.at(-1)?.billed).toBeUndefined()
  while (!(await chunks.next()).done);
  await noRunActive()
  expect(recording.spans().map(({ name }) => name)).toContain('invoke_agent api-integrator')
  expect(await recording.metrics()).toMatch(/^active_executions\{.*agent_name="api-integrator".*\} 0$/m)
})

test('the variant of a task is an attribute of its span and a label of its series', async () => {
  const recording = await startRecording()
  const { agents } = await startSwarm()
  await agents['rapid-builder']({ ...firstTask, number: 2 })
  const root = recording.spans().find(({ name }) => name === 'invoke_agent rapid-builder')
  expect(root?.attributes['swarmwatch.variant']).toBe('look-first')
  expect(await recording.metrics()).toMatch(/^agent_executions_total\{.*swarmwatch_variant="look-first".*\} 1$/m)
})

test('no span, metric or log line contains text of prompts, arguments, files or answers', async () => {
  const recording = await startRecording()
  const plan = listedFaults([
    { kind: 'malformed-arguments' },
    { kind: 'rate-limited', retryAfterSeconds: 0 },
    undefined,
    { kind: 'reset' },
  ])
  const { agents, lines } = await startSwarm({ plan })
  const task = { ...firstTask, title: 'Marzipan', folder: 'nougat-1' }
  for (const agent of everyAgent) await agents[agent](task)
  const failing = await startSwarm({ plan: () => ({ kind: 'server-error' }) })
  for (const agent of everyAgent) await failing.agents[agent](task).catch(() => undefined)
  await noRunActive()

  const spans = recording.spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
  const output = [JSON.stringify(spans), await recording.metrics(), ...recording.lines, ...lines, ...failing.lines].join('\n')
  expect(spans.length).toBeGreaterThan(20)
  // The title, the instructions, a path, the text of a file, the last message
  expect(output.match(/Marzipan|You are|Its files|nougat|isDone|Verdict|typed client/g)).toBeNull()
})

test('/metrics has the six required metrics, and tokens and cost', async () => {
  const recording = await startRecording()
  const { agents } = await startSwarm({ plan: listedFaults([{ kind: 'server-error' }]) })
  for (const agent of everyAgent) await agents[agent](firstTask)
  await expect(
    startSwarm({ plan: () => ({ kind: 'server-error' }) }).then(({ agents: failing }) => failing.reviewer(firstTask)),
  ).rejects.toThrow()
  await noRunActive()
  const names = new Set((await recording.metrics()).match(/^[a-z_]+/gm))
  const expected = [
    'agent_executions_total',
    'agent_execution_duration_seconds_bucket',
    'agent_failures_total',
    'agent_success_rate',
    'system_error_rate',
    'active_executions',
    'agent_tokens_total',
    'agent_cost_usd_total',
  ]
  expect(expected.filter((name) => !names.has(name))).toEqual([])
})
