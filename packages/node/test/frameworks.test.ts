import { channel } from 'node:diagnostics_channel'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { metrics } from '@opentelemetry/api'
import { frameworkSources } from '@swarmwatch/config'
import { priceTable, sourceNames } from '@swarmwatch/instrumentation'
import { getExecutionMetrics, instrumentAgent, recordInference } from '@swarmwatch/sdk'
import { repositoryRoot } from '@swarmwatch/testkit'
import { answer, openModelProvider } from '@swarmwatch/testkit/providers'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { ConfigurationError, type TelemetryOptions } from '../src/index.ts'
import { readSettings } from '../src/read-settings.ts'
import { runNode } from './run-node.ts'
import { startedTelemetry } from './started-telemetry.ts'

const million = { inputTokens: 1_000_000, outputTokens: 0 }

/** The cost of a run of agent `name` that makes one model call. */
async function costOfCall(name: string, model: string, provider?: string): Promise<number | undefined> {
  await instrumentAgent(async () => recordInference({ model, provider, usage: million }), { name })()
  return getExecutionMetrics().agents.find(({ agentName }) => agentName === name)?.costUsd
}

test('a model call has the price of the code, of the settings file, or of the price table', async () => {
  const env = { OTEL_SERVICE_NAME: 'priced' }
  await startedTelemetry({ env, configFile: join(repositoryRoot, 'config/demo.yaml'), prices: { own: { input: 3, output: 0 } } })
  expect(await costOfCall('by-code', 'own')).toBeCloseTo(3)
  expect(await costOfCall('by-file', 'scripted-1')).toBeCloseTo(0.5)
  expect(await costOfCall('by-table', 'gpt-4.1', 'openai')).toBeCloseTo(2)
})

test.each(['code', 'settings file'])('a model behind a gateway has the prices of the provider that the %s names', async (by) => {
  const provider = await openModelProvider([answer()])
  onTestFinished(() => provider.close())
  const { host } = new URL(provider.url)
  const configFile = join(temporaryFolder(), 'settings.yaml')
  writeFileSync(configFile, `providers: { "${host}": openai }`)
  await startedTelemetry(by === 'code' ? { providers: { [host]: 'openai' } } : { configFile })
  const body = JSON.stringify({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'hello' }] })
  const headers = { 'content-type': 'application/json' }
  const ask = async () => (await fetch(`${provider.url}/v1/chat/completions`, { method: 'POST', headers, body })).json()
  await instrumentAgent(ask, { name: `behind-gateway-${by}` })()
  const { costUsd, modelCalls } = getExecutionMetrics().agents.find(({ agentName }) => agentName === `behind-gateway-${by}`)!
  expect([modelCalls, costUsd > 0]).toEqual([1, true])
})

test('a model without a price is reported by one line, and has no cost', async () => {
  const { lines } = await startedTelemetry()
  expect([await costOfCall('unpriced', 'own-1'), await costOfCall('unpriced', 'own-1')]).toEqual([0, 0])
  expect(lines.filter((line) => line.includes('no price'))).toEqual([
    expect.stringMatching(/^\[TELEMETRY\] no price for model own-1 of an unknown provider: .*prices: \{ "own-1": /),
  ])
})

test('after shutdown the prices are no longer in force', async () => {
  const { telemetry } = await startedTelemetry({ prices: { own: { input: 3, output: 0 } } })
  await telemetry.shutdown()
  expect(await costOfCall('after', 'own')).toBe(0)
})

test('shutdown removes what the sources have added to the process', async () => {
  const channels = ['create', 'bodyChunkSent', 'headers', 'bodyChunkReceived', 'trailers', 'error']
  const added = () => ({
    subscribed: channels.filter((name) => channel(`undici:request:${name}`).hasSubscribers),
    integrations: Reflect.get(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS') as unknown,
  })
  const before = added()
  const { telemetry } = await startedTelemetry()
  expect(added()).toEqual({ subscribed: channels, integrations: [expect.anything()] })
  await telemetry.shutdown()
  expect(added()).toEqual(before)
})

test('one line at the start lists the frameworks of the application, and the date of the prices', async () => {
  const folder = temporaryFolder()
  const install = (name: string, version: string): void => {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true })
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, version }))
  }
  install('openai', '7.59.0')
  writeFileSync(join(folder, 'app.mjs'), '')
  const run = (env: Record<string, string>) =>
    runNode(['--import=./src/register.ts', join(folder, 'app.mjs')], { env: { METRICS_PORT: '0', ...env } })
  const line = (found: string) => `[TELEMETRY] model and tool calls: ${found} (prices of ${priceTable.date})\n`
  expect((await run({})).stderr).toContain(line('wire; openai 7.59.0'))
  install('@langchain/core', '1.4.0')
  expect((await run({})).stderr).toContain(line('wire; openai 7.59.0; langchain 1.4.0'))
  expect((await run({ SWARMWATCH_FRAMEWORKS: 'wire' })).stderr).toContain(line('wire; openai 7.59.0'))
  expect((await run({ SWARMWATCH_FRAMEWORKS: 'langchain' })).stderr).toContain(line('langchain 1.4.0'))
  expect((await run({ SWARMWATCH_FRAMEWORKS: 'off' })).stderr).not.toContain('model and tool calls')
})

test.each<[TelemetryOptions['frameworks'], string | undefined, string]>([
  [undefined, undefined, 'on'],
  [undefined, 'ai-sdk,mcp', 'ai-sdk,mcp'],
  [false, 'ai-sdk,mcp', 'off'],
  [true, 'off', 'on'],
  [{ langchain: false }, 'off', 'wire, ai-sdk, openai-agents, mcp'],
  [{ wire: false, 'ai-sdk': false, 'openai-agents': false, langchain: false, mcp: false }, undefined, 'off'],
])('frameworks %j in code and %j in the environment select %s', (frameworks, variable, expected) => {
  const options: TelemetryOptions = { configFile: false, ...(frameworks !== undefined && { frameworks }) }
  const { configuration } = readSettings(options, { SWARMWATCH_FRAMEWORKS: variable })
  expect(configuration.telemetry.frameworks).toBe(expected)
})

test('every problem of frameworks and prices is reported at once', () => {
  const options = {
    configFile: false,
    frameworks: { wires: false },
    providers: { gateway: 1 },
    prices: { own: { input: -1 } },
  } as never
  const read = () => readSettings(options, { SWARMWATCH_FRAMEWORKS: 'none' })
  expect(read).toThrow(ConfigurationError)
  expect(read).toThrow(`5 problems in the configuration:
  frameworks must be true, false, or an object with wire, ai-sdk, openai-agents, langchain, mcp, each true or false, got a mapping
  SWARMWATCH_FRAMEWORKS must be on, off, or a list of wire, ai-sdk, openai-agents, langchain, mcp separated by commas, got "none"
  prices.own.input must be US dollars per million tokens, 0 or more, got -1
  prices.own.output is missing; it must be US dollars per million tokens, 0 or more
  providers.gateway must be the name of a provider, such as openai, got 1`)
})

test.each([
  { frameworks: true, durations: 1 },
  { frameworks: false, durations: 2 },
])('with frameworks $frameworks, a model call that @ai-sdk/otel measures too has $durations duration(s)', async (row) => {
  const { telemetry } = await startedTelemetry({ frameworks: row.frameworks })
  recordInference({ model: `measured-${row.durations}` })
  const theirs = metrics.getMeter('gen_ai').createHistogram('gen_ai.client.inference.duration', { unit: 's' })
  theirs.record(1, { 'gen_ai.request.model': `measured-${row.durations}` })
  const text = await (await fetch(telemetry.metricsUrl!)).text()
  const counts = text.split('\n').filter((line) => line.startsWith('gen_ai_client_inference_duration_seconds_count'))
  expect(counts.filter((line) => line.includes(`measured-${row.durations}`))).toHaveLength(row.durations)
})

test('the settings select the sources of @swarmwatch/instrumentation', () => {
  expect(frameworkSources).toEqual(sourceNames)
})
