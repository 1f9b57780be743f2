import {
  configureQuality,
  currentExecution,
  experiment,
  instrumentAgent,
  instrumentTool,
  recordInference,
  startExecution,
} from '@swarmwatch/sdk'
import { beginToolCall, recordMcpOperation, withConversation } from '@swarmwatch/sdk/instrumentation'
import { attribute, scopeName } from '@swarmwatch/sdk/names'
import {
  decodeMetrics,
  decodeTraces,
  openHttpServer,
  readTelemetryRegistry,
  registryKey,
  type OtlpMetric,
  type OtlpSpan,
} from '@swarmwatch/testkit'
import type { ModelProvider } from '@swarmwatch/testkit/providers'
import { beforeAll, expect, test } from 'vitest'

import { startTelemetry } from '../src/index.ts'
import { callModels, openEveryModel } from './every-model.ts'
import { startLongAgo } from './start-long-ago.ts'
import { useUnavailableProvider } from './unavailable-provider.ts'

const registry = readTelemetryRegistry()

/** Spans that this run does not make, with the reason. */
const notMade: Readonly<Record<string, string>> = {
  'swarmwatch.mcp.client': 'made by the source mcp; its tests have them',
  'swarmwatch.mcp.server': 'made by the source mcp; its tests have them',
}

let sent: { readonly metrics: readonly OtlpMetric[]; readonly spans: readonly OtlpSpan[] }
beforeAll(async () => void (sent = await exportOfARun()))

test('every metric that OTLP carries is in the registry with the same kind, unit and description, and no other', () => {
  const carried = sent.metrics.map(({ name, kind, unit, description }) => [name, kind.toLowerCase(), unit, description])
  const defined = registry.metrics.map(({ name, instrument, unit, brief }) => {
    const { kind, unit: inherited } = sent.metrics.find((metric) => metric.name === name) ?? {}
    return [name, instrument ?? kind?.toLowerCase(), unit ?? inherited, brief]
  })
  expect(distinct(carried)).toEqual(distinct(defined))
})

test('every attribute of a metric that OTLP carries is in the registry, and no other', () => {
  const carried = sent.metrics.flatMap(({ name, points }) =>
    points.flatMap(({ attributes }) => Object.keys(attributes).map((key) => `${name} ${key}`)),
  )
  const defined = registry.metrics.flatMap(({ name, attributes }) => attributes.map((key) => `${name} ${key}`))
  expect(distinct(carried)).toEqual(distinct(defined))
})

test('every span that OTLP carries is in the registry with its kind and attributes, and no other', () => {
  const carried = sent.spans.flatMap((span) => {
    const id = registry.spans.find((definition) => definition.matches(span))?.id ?? `no definition for ${span.name}`
    return Object.keys(span.attributes).map((key) => `${id} ${registryKey(key)}`)
  })
  const defined = registry.spans
    .filter(({ id }) => !(id in notMade))
    .flatMap(({ id, attributes }) => attributes.map((key) => `${id} ${key}`))
  expect(distinct(carried)).toEqual(distinct(defined))
})

/** Runs agents in every way that sends another name, and returns what a collector received from the SDK. */
async function exportOfARun(): Promise<typeof sent> {
  process.env['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'] = 'true'
  await using collector = await openHttpServer()
  await using provider = await openEveryModel()
  const telemetry = await startTelemetry({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    configFile: false,
    logger: { info() {}, warn() {}, error() {} },
    metrics: { port: 0 },
    monitor: { port: false },
  })
  await runEverything(provider)
  await telemetry.shutdown()
  const bodies = (path: string): Buffer[] =>
    collector.requests.filter((request) => request.path === path).map(({ bytes }) => bytes)
  // Those of the process (`process.*`) are in the registry of the semantic conventions
  const ours = <Item extends { readonly scope: string }>(items: readonly Item[]): readonly Item[] =>
    items.filter(({ scope }) => scope === scopeName)
  return {
    metrics: ours(bodies('/v1/metrics').flatMap(decodeMetrics)),
    spans: ours(bodies('/v1/traces').flatMap(decodeTraces)),
  }
}

async function runEverything(provider: ModelProvider): Promise<void> {
  const content = { captureInput: true, captureOutput: true, description: 'Used by a test.' }
  const search = instrumentTool(
    async (text: string) => {
      if (text === 'fail') throw Object.assign(new Error('no such page'), { code: 'ENOENT' })
      return text
    },
    { ...content, name: 'search' },
  )
  const pay = instrumentTool(async () => 'paid', { name: 'pay', once: true })
  const interrupt = instrumentTool(async () => Promise.reject(new DOMException('no', 'TimeoutError')), {
    name: 'slow',
    once: true,
  })
  configureQuality({ 'every-name': { helpfulness: 0.7 } })
  let runs = 0
  const work = async (text: string): Promise<string> => {
    runs += 1
    const resume = currentExecution()!.pause('approval')
    await pay()
    resume()
    await interrupt().catch(() => {})
    if (runs === 1) throw Object.assign(new Error('busy'), { status: 503 })
    for (const input of [1, 4]) currentExecution()!.addTokens({ input, model: 'm-1' })
    await callModels(provider)
    currentExecution()!.addCost(0.01, { model: 'm-1' })
    currentExecution()!.addScore('helpfulness', 0.8)
    beginToolCall({ name: 'look', type: 'function', callId: 'call-1', source: 'test', description: 'Looks.', arguments: {} }).end(
      'seen',
    )
    return search(text)
  }
  const options = {
    ...content,
    variant: experiment({ name: 'prompt', variants: { a: 1, b: 0 }, key: () => 'user-1' }),
    budget: { usd: 1000, daily: { usd: 1000 } },
    logger: false,
    recovery: { baseDelaySeconds: 0.001, maxRetries: 1 },
  } as const
  const agent = instrumentAgent(work, { ...options, name: 'every-name' })
  await withConversation('conversation-1', () => agent('hello'))
  await agent('fail').catch(() => {})

  runs = 0
  const workflow = instrumentAgent(work, { ...options, name: 'every-step', kind: 'workflow' })
  await withConversation('conversation-1', () => workflow('hello'))
  await workflow('fail').catch(() => {})
  for (const kind of ['agent', 'workflow'] as const) {
    // Only a run with a single model names it
    await withConversation('conversation-1', () =>
      instrumentAgent(async () => recordEverything(), { name: 'recorder', kind, logger: false })(),
    )
  }

  await useUnavailableProvider()
  for (const side of ['client', 'server'] as const) recordMcpOperation({ side, tool: 'look', seconds: 1, ...failedOverHttp })
  startExecution('every-name').complete({ success: true, metrics: { score: 0.5 } })
  startLongAgo('every-name')
  // A getter that throws is caught, and counted
  instrumentAgent(async () => {}, {
    name: 'guarded',
    attributes: {
      get broken(): string {
        throw new Error('broken')
      },
    },
  })
}

/** A failed call on a connection of which everything is known. */
const failedOverHttp = {
  errorType: '-32602',
  statusCode: '-32602',
  connection: {
    [attribute.mcpProtocolVersion]: '2025-11-25',
    [attribute.networkTransport]: 'tcp',
    [attribute.networkProtocolName]: 'http',
    [attribute.serverAddress]: 'tools.internal',
    [attribute.serverPort]: 443,
  },
}

function recordEverything(): void {
  recordInference({
    model: 'm-2',
    provider: 'ollama',
    usage: { inputTokens: 1, outputTokens: 1, cacheWriteInputTokens: 1 },
    costUsd: 0.01,
    input: [{ role: 'user', parts: [] }],
    output: [{ role: 'assistant', parts: [] }],
    systemInstructions: [{ type: 'text', content: 'Be brief.' }],
    toolDefinitions: [{ type: 'function', name: 'look' }],
  })
}

function distinct(items: readonly unknown[]): unknown[] {
  return [...new Set(items.map((item) => JSON.stringify(item)))].toSorted().map((text) => JSON.parse(text) as unknown)
}
