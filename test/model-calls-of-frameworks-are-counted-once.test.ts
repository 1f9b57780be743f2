import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

import { AgentInstrumentation, type SourceName } from '@swarmwatch/instrumentation'
import { instrumentAgent, instrumentTool, onExecution, type ExecutionRecord } from '@swarmwatch/sdk'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { eventually, openHttpServer, startProgram } from '@swarmwatch/testkit'
import { answer, type ModelProvider, openModelProvider, type Script, toolCalls } from '@swarmwatch/testkit/providers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { agentsToTest, type Tool } from './agents-to-test.ts'
import { costOf, price } from './framework-runs/run-table.ts'
import { type Framework, frameworksToTest } from './frameworks-to-test.ts'

const frameworks = await frameworksToTest()
const { agentsWithTools } = await agentsToTest()
const isInstalled = Object.keys(frameworks).length > 0

const program = async <Exports>(name: string): Promise<Exports> =>
  (await import(new URL(`frameworks/${name}.mjs`, import.meta.url).href)) as Exports

const look: Tool = async () => 'sunny'
const asksForTool = toolCalls({ name: 'look', input: { place: 'Bern' } })
/** For agents of `frameworks.mjs`, also several at once. */
const asksForToolOnce: Script = ({ json }) =>
  json['tools'] === undefined || JSON.stringify(json).includes('result-marker') ? answer() : asksForTool
const hooks: readonly SourceName[] = ['ai-sdk', 'openai-agents', 'langchain']

interface SetUp {
  readonly sources: readonly SourceName[] | true
  /** Registers another instrumentation; returns a function that removes it. */
  readonly other?: () => Promise<() => void>
  readonly tool?: Tool
  /** Durations of model calls that the other instrumentation records as well, in a scope of its own. @default 0 */
  readonly otherDurations?: number
}
const setUps: Readonly<Record<string, SetUp>> = {
  'the wire': { sources: ['wire'] },
  'hooks of frameworks': { sources: hooks },
  'the wire and hooks': { sources: true },
  'the wire and hooks, next to @ai-sdk/otel': {
    sources: true,
    other: async () => (await program<{ registerAiSdkOtel: () => () => void }>('ai-sdk-otel')).registerAiSdkOtel(),
    otherDurations: 2,
  },
  'the wire and hooks, with a tool in instrumentTool': { sources: true, tool: instrumentTool(look, { name: 'look' }) },
}

describe.skipIf(!isInstalled)('a model call', () => {
  let telemetry: TestTelemetry
  let provider: ModelProvider
  let finished: ExecutionRecord[]
  let undo: (() => void)[] = []
  beforeAll(async () => {
    telemetry = await startTestTelemetry()
    provider = await openModelProvider()
  })
  beforeEach(() => {
    telemetry.reset()
    finished = []
    const stop = onExecution(({ type, execution }) => void (type === 'finished' && finished.push(execution)))
    undo = [stop]
  })
  afterEach(() => undo.forEach((each) => each()))
  afterAll(async () => {
    await telemetry?.shutdown()
    await provider?.close()
  })

  const enable = (sources: readonly SourceName[] | true = true): void => {
    const agents = new AgentInstrumentation({ frameworks: sources, prices: { m: price }, warn: () => {} })
    undo.push(() => agents.disable())
  }
  const run = async (name: string, fn: () => unknown): Promise<ExecutionRecord> => {
    await instrumentAgent(fn, { name, logger: false })()
    return eventually(`the run of ${name}`, () => finished.find(({ agentName }) => agentName === name))
  }

  /** Run, counters and spans show exactly the bills of the provider. */
  const expectBilled = async (runs: readonly ExecutionRecord[], modelCalls: number, otherDurations = 0): Promise<void> => {
    const billed = provider.billed()
    const sum = (of: (run: ExecutionRecord) => number): number => runs.reduce((total, each) => total + of(each), 0)
    expect({
      calls: sum((each) => each.modelCalls),
      input: sum((each) => each.inputTokens),
      output: sum((each) => each.outputTokens),
      cached: sum((each) => each.cachedInputTokens),
      usd: sum((each) => each.costUsd).toFixed(9),
    }).toEqual({
      calls: modelCalls,
      input: billed.inputTokens,
      output: billed.outputTokens,
      cached: billed.cacheReadInputTokens,
      usd: costOf(billed).toFixed(9),
    })
    const counted = async (name: string, labels = {}): Promise<number> => {
      const points = await telemetry.points(name)
      const chosen = points.filter(({ attributes }) => Object.entries(labels).every(([key, value]) => attributes[key] === value))
      return chosen.reduce((total, { value }) => total + Number(value), 0)
    }
    expect({
      calls: await counted('agent.model.calls'),
      input: await counted('agent.tokens', { direction: 'input' }),
      output: await counted('agent.tokens', { direction: 'output' }),
      clientInput: await counted('gen_ai.client.inference.usage.input_tokens'),
      clientOutput: await counted('gen_ai.client.inference.usage.output_tokens'),
      clientReasoning: await counted('gen_ai.client.inference.usage.reasoning.output_tokens'),
      usd: (await counted('agent.cost.usd')).toFixed(9),
      durations: await telemetry.sum('gen_ai.client.inference.duration'),
    }).toEqual({
      calls: modelCalls,
      input: billed.inputTokens,
      output: billed.outputTokens,
      clientInput: billed.inputTokens,
      clientOutput: billed.outputTokens,
      clientReasoning: billed.reasoningOutputTokens,
      usd: costOf(billed).toFixed(9),
      durations: modelCalls + otherDurations,
    })
    const ofCalls = telemetry.spans().filter(({ attributes }) => attributes['gen_ai.operation.name'] === 'chat')
    expect(ofCalls.map(({ name }) => name)).toEqual(Array.from({ length: modelCalls }, () => 'chat m'))
  }

  const agents = Object.keys(agentsWithTools)
  const all = Object.entries(setUps).flatMap(([setUp, options]) =>
    agents.flatMap((agent) => ['plain', 'stream'].map((kind) => ({ setUp, agent, kind, options }))),
  )
  test.for(all)('of $agent, $kind, is counted once by $setUp', async ({ agent, kind, options }) => {
    const { sources, other, tool = look, otherDurations = 0 } = options
    provider.restart([asksForTool, answer()])
    if (other) undo.push(await other())
    enable(sources)
    const isStream = kind === 'stream'
    const record = await run(agent, () => agentsWithTools[agent]!({ provider, tools: { look: tool }, isStream }))
    await expectBilled([record], 2, agent === 'ai' ? otherDurations : 0)
    const hasTool = sources === true || sources.includes('ai-sdk')
    expect(record.toolCalls).toBe(hasTool ? 1 : 0)
    const tools = telemetry.spans().filter(({ attributes }) => attributes['gen_ai.operation.name'] === 'execute_tool')
    expect(tools).toHaveLength(hasTool ? 1 : 0)
  })

  test('is counted in its own run when each framework runs three times at once', async () => {
    enable()
    provider.restart(asksForToolOnce)
    const asked = async ({ plain, stream, read }: Framework, isStream: boolean): Promise<unknown> =>
      isStream ? read(await stream(provider)) : plain(provider)
    const runs = await Promise.all(
      Object.entries(frameworks).flatMap(([name, framework]) =>
        [0, 1, 2].map((n) => run(`${name} ${n}`, () => asked(framework, n === 1))),
      ),
    )
    const calls = (name: string): number => (frameworks[name.replace(/ \d$/, '')]!.hasTools ? 2 : 1)
    expect(runs.length).toBeGreaterThanOrEqual(20)
    for (const each of runs) expect([each.agentName, each.modelCalls]).toEqual([each.agentName, calls(each.agentName)])
    const ofTraces = new Map(runs.map((each) => [each.traceId, each]))
    expect(ofTraces.size).toBe(runs.length)
    const tokens = runs.map(({ inputTokens, outputTokens }) => inputTokens + outputTokens)
    const { inputTokens, outputTokens } = provider.billed()
    expect(tokens.reduce((sum, each) => sum + each, 0)).toBe(inputTokens + outputTokens)
  })

  test.for(isInstalled ? ['sentry', 'langfuse'] : [])('of any framework is counted once next to %s', async (vendor) => {
    provider.restart(asksForToolOnce)
    await using vendorServer = await openHttpServer((_, response) => void response.end('{}'))
    const file = fileURLToPath(new URL('frameworks/next-to-vendor.mjs', import.meta.url))
    const args = ['--conditions=swarmwatch-source', file, vendor, provider.url, vendorServer.url]
    const { ended, output } = startProgram(process.execPath, args, { cwd: dirname(file), env: { PATH: process.env['PATH'] } })
    expect(await ended, output()).toEqual({ code: 0, signal: null })
    const lines = output()
      .split('\n')
      .filter((line) => line.startsWith('{"id"'))
    const runs = lines.map((line) => JSON.parse(line) as ExecutionRecord)
    const expected = Object.entries(frameworks).flatMap(([name, { hasTools }]) =>
      ['plain', 'stream'].map((kind) => [`${name}, ${kind}`, 'success', hasTools ? 2 : 1]),
    )
    expect(runs.map(({ agentName, outcome, modelCalls }) => [agentName, outcome, modelCalls])).toEqual(expected)
    const sum = (key: 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'httpTries'): number =>
      runs.reduce((total, each) => total + each[key], 0)
    const billed = provider.billed()
    expect([sum('inputTokens'), sum('outputTokens'), sum('cachedInputTokens'), sum('httpTries')]).toEqual([
      billed.inputTokens,
      billed.outputTokens,
      billed.cacheReadInputTokens,
      provider.requests.length,
    ])
    expect(vendorServer.requests.length).toBeGreaterThan(0)
  })

  test.for(agents)('of %s is billed again in each attempt', async (agent) => {
    enable()
    provider.restart([asksForTool, answer(), asksForTool, answer()])
    let attempts = 0
    const record = await run(agent, async () => {
      await agentsWithTools[agent]!({ provider, tools: { look } })
      attempts += 1
      if (attempts === 1) throw new Error('the answer has the wrong form')
    })
    expect(record.attempts.map(({ httpTries }) => httpTries)).toEqual([2, 2])
    await expectBilled([record], 4)
  })

  test.for(isInstalled ? ['langchain', 'ai'] : [])('that %s answers from its cache is not billed', async (name) => {
    const { cachingAgents } = await program<{
      cachingAgents: Record<string, (of: ModelProvider) => () => Promise<string>>
    }>('caches')
    enable()
    provider.restart([answer()])
    const ask = cachingAgents[name]!(provider)
    const first = await run('first', ask)
    const second = await run('second', ask)
    expect(provider.requests).toHaveLength(1)
    expect([first.inputTokens, second.inputTokens, second.modelCalls, second.costUsd]).toEqual([1_001, 0, 0, 0])
    await expectBilled([first, second], 1)
  })

  test('whose provider sends its cost has that cost', async () => {
    enable()
    provider.restart([answer('text', { bill: { costUsd: 0.25 } })])
    const record = await run('paid', () => frameworks['openai chat']!.plain(provider))
    expect(record.costUsd).toBe(0.25)
  })

  test('whose stream has no usage is counted as one without usage, and its tokens are not guessed', async () => {
    enable()
    const silent: Script = [answer(undefined, { isUsageOmitted: true })]
    provider.restart(silent)
    const { stream, read } = frameworks['openai chat']!
    const record = await run('silent', async () => read(await stream(provider)))
    expect([record.modelCalls, record.inputTokens, record.costUsd]).toEqual([1, 0, 0])
    expect(await telemetry.sum('swarmwatch.inference.usage_missing', { 'gen_ai.request.model': 'm' })).toBe(1)
  })

  test('of embeddings is counted with its input', async () => {
    enable()
    provider.restart([answer()])
    const { embed } = await program<{ embed: (of: ModelProvider) => Promise<unknown> }>('embeddings')
    const record = await run('embedder', () => embed(provider))
    expect([record.modelCalls, record.inputTokens, record.outputTokens]).toEqual([1, 1_001, 0])
    expect(telemetry.spans('embeddings e')).toHaveLength(1)
  })
})
