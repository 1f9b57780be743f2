import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { loadConfiguration } from '@swarmwatch/config'
import { priceTable } from '@swarmwatch/instrumentation'
import { instrumentAgent, recordInference } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { findingLine } from '../../src/doctor/finding.ts'
import { checkFrameworks, checkModelCalls } from '../../src/doctor/frameworks.ts'
import { installedPackages } from '../../src/doctor/opentelemetry-api.ts'
import { runDoctor } from '../../src/doctor/run-doctor.ts'
import { startedTelemetry } from '../started-telemetry.ts'
import { applicationWith } from './application-with.ts'

/** An application that depends on these packages. */
function applicationOf(packages: Readonly<Record<string, string>>): string {
  const installed = Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { name, version }] as const)
  return applicationWith({ '': { name: 'app', dependencies: packages }, ...Object.fromEntries(installed) })
}

interface Circumstances {
  readonly env?: Readonly<Record<string, string>>
  readonly nodeVersion?: string
  readonly isLoaded?: boolean
}

function linesFor(cwd: string, { env = {}, nodeVersion = '24.21.0', isLoaded = true }: Circumstances = {}): string[] {
  const configuration = loadConfiguration({ env, file: false })
  const packages = installedPackages(cwd)
  return checkFrameworks({ configuration, packages, cwd, nodeVersion, isLoaded }).map(findingLine)
}

const prices = `[OK]    prices of models: ${priceTable.package} ${priceTable.version} of ${priceTable.date}`

test('an application without model calls has no line about them', () => {
  expect(linesFor(applicationOf({ hono: '4.0.0' }))).toEqual([])
})

test('an application with a framework has a line with its version, and one with the date of the prices', () => {
  expect(linesFor(applicationOf({ '@google/genai': '3.3.0' }))).toEqual([
    '[OK]    model calls and tool calls are seen for @google/genai 3.3.0',
    prices,
  ])
})

test('each client that repeats requests by itself has a line with the number of requests and the cure', () => {
  const lines = linesFor(applicationOf({ openai: '7.59.0', '@langchain/core': '1.4.0' }), { env: { MAX_RETRIES: '1' } })
  expect(lines.filter((line) => line.includes('repeats'))).toEqual([
    '[NOTE]  openai 7.59.0 repeats a failed request up to 2 times by itself, so a failing run sends up to 6 requests instead of 2: new OpenAI({ maxRetries: 0 }), unless the code does so',
    '[NOTE]  @langchain/core 1.4.0 repeats a failed request up to 6 times by itself, so a failing run sends up to 14 requests instead of 2: pass maxRetries: 0 to each model, unless the code does so',
  ])
  expect(linesFor(applicationOf({ openai: '7.59.0' }), { env: { MAX_RETRIES: '0' } }).join()).not.toContain('repeats')
})

test.each([
  ['22.23.0', true],
  ['24.3.0', true],
  ['24.4.0', false],
  ['26.0.0', false],
])('on Node %s a warning about model calls that are not seen: %s', (nodeVersion, isExpected) => {
  const warnings = linesFor(applicationOf({ '@google/genai': '3.3.0' }), { nodeVersion }).filter((line) =>
    line.startsWith('[WARN]'),
  )
  expect(warnings).toEqual(isExpected ? [expect.stringMatching(/Node .* install Node 24\.4 or newer$/)] : [])
})

test('a framework that no longer has the key of its hook is wrong, with the versions that have it', () => {
  const cwd = applicationOf({ ai: '5.0.0' })
  writeFileSync(join(cwd, 'node_modules/ai/index.js'), 'export const generateText = () => {}')
  expect(linesFor(cwd)).toContainEqual(expect.stringMatching(/^\[WRONG\] ai 5\.0\.0 does not read \S+, .*use ai 7/))
  writeFileSync(join(cwd, 'node_modules/ai/index.js'), 'globalThis.AI_SDK_TELEMETRY_INTEGRATIONS')
  expect(linesFor(cwd).join('\n')).not.toContain('[WRONG]')
})

test('@ai-sdk/otel makes double spans, unless the source ai-sdk is off', () => {
  const cwd = applicationOf({ '@google/genai': '3.3.0', '@ai-sdk/otel': '1.0.173' })
  const double = expect.stringMatching(/^\[WARN\] {2}@ai-sdk\/otel 1\.0\.173 makes a second invoke_agent span/) as string
  expect(linesFor(cwd)).toContainEqual(double)
  expect(linesFor(cwd, { env: { SWARMWATCH_FRAMEWORKS: 'wire,openai-agents,langchain,mcp' } })).not.toContainEqual(double)
})

test('tool calls of MCP need register, and the line about it goes when it is loaded', () => {
  const cwd = applicationOf({ '@modelcontextprotocol/client': '2.4.0' })
  const needed = expect.stringContaining('node --import @swarmwatch/node/register starts the program') as string
  expect(linesFor(cwd, { isLoaded: false })).toContainEqual(needed)
  expect(linesFor(cwd)).not.toContainEqual(needed)
})

test('frameworks that are off are a note, with the variable that turns them on', () => {
  expect(linesFor(applicationOf({ ai: '7.0.173' }), { env: { SWARMWATCH_FRAMEWORKS: 'off' } })).toEqual([
    '[NOTE]  model calls and tool calls of ai 7.0.173 are not seen, because frameworks are off: set SWARMWATCH_FRAMEWORKS=on',
  ])
})

test('another version of the price table is shown without a date', () => {
  const cwd = applicationOf({ '@google/genai': '3.3.0', [priceTable.package]: '9.0.0' })
  expect(linesFor(cwd)).toContain(`[OK]    prices of models: ${priceTable.package} 9.0.0`)
})

test('models of the running application without a price are listed', async () => {
  const { telemetry } = await startedTelemetry({ serviceName: 'billing' })
  const call = { provider: 'ollama', usage: { inputTokens: 1, outputTokens: 1 } }
  await instrumentAgent(async () => recordInference({ model: 'own-7b', ...call }), { name: 'unpriced' })()
  const port = new URL(telemetry.metricsUrl!).port
  const findings = await runDoctor({ env: { METRICS_PORT: port, MONITOR_PORT: '0' }, hasProvider: false, nodeVersion: '24.21.0' })
  expect(findings.map(findingLine)).toContain(
    '[WARN]  no price for own-7b: the cost of these calls is not counted; add prices in the settings file or the code',
  )
})

test('hidden retries and missing usage in /metrics of the application are warnings with the cure', () => {
  const lines = (metrics: string): string[] => checkModelCalls(metrics).map(findingLine)
  const counted = (requests: number): string =>
    `agent_model_calls_total{agent_name="a"} 4\nagent_model_requests_total{agent_name="a",error_type="429"} ${requests - 1}\nagent_model_requests_total{agent_name="a"} 1`
  expect(lines(counted(4))).toEqual([])
  expect(lines(counted(12))).toEqual([expect.stringMatching(/^\[WARN\] .* 12 HTTP requests for 4 model calls: .*maxRetries: 0/)])
  const missing = 'swarmwatch_inference_usage_missing_total{gen_ai_provider_name="openai",gen_ai_request_model="gpt-4.1"} 2'
  expect(lines(missing)).toEqual([
    expect.stringMatching(/^\[WARN\] {2}answers of gpt-4\.1 carried no usage.*include_usage: true/),
  ])
  expect(lines(missing.replace(/2$/, '0'))).toEqual([])
})
