import { fileURLToPath } from 'node:url'

import { expect, test, vi } from 'vitest'

import { runNode, type Ended } from './run-node.ts'

// child processes start slowly on a busy machine
vi.setConfig({ testTimeout: 60_000 })

const older = fileURLToPath(new URL('../../../test/otel-2/package.json', import.meta.url))

/**
 * An application with @opentelemetry/api 1.9 and SDK 2 in `setUp`, next to our own copy of the API.
 */
function application(first: string, second: string): Promise<Ended> {
  const code = `
    import { createRequire } from 'node:module'
    import { startTelemetry } from './src/index.ts'
    import { instrumentAgent } from '@swarmwatch/sdk'
    const require = createRequire(${JSON.stringify(older)})
    const api = require('@opentelemetry/api')
    const { MeterProvider } = require('@opentelemetry/sdk-metrics')
    const { BasicTracerProvider } = require('@opentelemetry/sdk-trace-base')
    const theirs = () => [api.metrics.setGlobalMeterProvider(new MeterProvider()), api.trace.setGlobalTracerProvider(new BasicTracerProvider())]
    const ours = () => startTelemetry({ configFile: false })
    ${first}
    ${second}
    await instrumentAgent(async () => 'done', { name: 'a' })()
    console.log(JSON.stringify([telemetry.isRecording, telemetry.metricsUrl !== undefined]))
    await telemetry.shutdown()`
  return runNode(['--input-type=module', '--eval', code], { env: { METRICS_PORT: '0' } })
}

const linesOf = ({ stderr }: Ended): string[] => stderr.split('\n').filter((line) => /opentelemetry|OpenTelemetry/.test(line))

test('an application with API 1.9 and SDK 2 that was set up before is named with the cure, and nothing claims to record', async () => {
  const ended = await application('theirs()', 'const telemetry = await ours()')
  expect(linesOf(ended)).toEqual([
    expect.stringMatching(
      /^\[TELEMETRY\] @opentelemetry\/api 1\.9\.0 was registered before by another OpenTelemetry set-up, .*update the application's OpenTelemetry SDK to 3/,
    ),
  ])
  expect(ended.stdout).toBe('[false,false]\n')
})

test('a logger that API 1.9 registered before prevents the registration of our providers; a line reports it with the fix', async () => {
  const ended = await application(
    'api.diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} })',
    'const telemetry = await ours()',
  )
  expect(linesOf(ended)).toEqual([expect.stringContaining('@opentelemetry/api 1.9.0 was registered before')])
  expect(ended.stdout).toBe('[false,false]\n')
})

test('logs that an application with API 1.9 and SDK 2 that is set up after Swarmwatch records nothing, with the fix', async () => {
  const ended = await application('const telemetry = await ours()', 'theirs()')
  expect(linesOf(ended)[0]).toMatch(/another set-up registered after startTelemetry\(\) and records nothing; start it before/)
  expect(ended.stdout).toBe('[true,true]\n')
})

test('a copy of @swarmwatch/sdk that does not see our providers is named at its first run, and isRecording is false', async () => {
  const unseen = `
    const telemetry = await ours()
    globalThis[Symbol.for('@swarmwatch/sdk.meterProviders')].add(() => ({ getMeter: () => 'of another copy' }))`
  const ended = await application(unseen, '')
  expect(linesOf(ended)).toEqual([
    expect.stringMatching(/@swarmwatch\/sdk uses another version of @opentelemetry\/api .*install one version/),
  ])
  expect(ended.stdout).toBe('[false,true]\n')
})

test('with one copy nothing is logged', async () => {
  const ended = await application('const telemetry = await ours()', '')
  expect(linesOf(ended)).toEqual([])
  expect(ended.stdout).toBe('[true,true]\n')
})
