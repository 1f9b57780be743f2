import { expect, test, vi } from 'vitest'

import { runNode } from './run-node.ts'

// child processes start slowly on a busy machine
vi.setConfig({ testTimeout: 30_000 })

const swarmwatch = (args: readonly string[], env: Record<string, string> = {}) => runNode(['./src/cli.ts', ...args], { env })

test('config prints the settings in force and where each came from, secrets masked', async () => {
  const env = {
    METRICS_PORT: '9464',
    SWARMWATCH_OTLP_TOKEN: 'very-secret',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:very-secret@collector:4318',
    OTEL_METRICS_EXPORTER: 'none',
  }
  const { code, stdout, stderr } = await swarmwatch(['config'], env)
  expect([code, stderr]).toEqual([0, ''])
  const settings = Object.fromEntries(stdout.split('\n').map((line) => [line.split(/\s{2,}/)[0], line.split(/\s{2,}/).slice(1)]))
  expect(settings).toMatchObject({
    'Settings file: none': [],
    'metrics.port': ['9464', 'environment METRICS_PORT'],
    'metrics.host': ['127.0.0.1', 'default'],
    'telemetry.otlpToken': ['***', 'environment SWARMWATCH_OTLP_TOKEN'],
    'recovery.maxRetries': ['3', 'default'],
    'alerts.rules[0].name': ['high_error_rate', 'default'],
    'otlp.traces': ['http://collector:4318/v1/traces', 'environment'],
    'otlp.metrics': ['not exported', 'default'],
  })
  expect(stdout).not.toContain('very-secret')
})

test('config exits 2 with every problem when the settings cannot be used', async () => {
  const { code, stdout, stderr } = await swarmwatch(['config'], { METRICS_PORT: 'x', OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' })
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: `2 problems in the configuration:
  METRICS_PORT must be a whole number from 0 to 65535, got "x"
  OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// address
`,
  })
})

test.each([
  [[], 2, /^Usage: swarmwatch config \| doctor \| event\n/],
  [['konfig'], 2, /^swarmwatch: there is no "konfig"\nUsage: swarmwatch config \| doctor \| event\n/],
] as const)('says how it is used when called with %j', async (args, code, message) => {
  const ended = await swarmwatch(args)
  expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) as string })
})

test('prints its usage when asked to', async () => {
  expect(await swarmwatch(['--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Usage: swarmwatch config \| doctor \| event\n/) as string,
  })
})

test('the program runs from a fresh clone, and gives back the exit code', async () => {
  const program = (...args: string[]) =>
    runNode(['./bin/swarmwatch.mjs', ...args], { conditions: false, env: { METRICS_PORT: 'x' } })
  expect(await program('--help')).toMatchObject({ code: 0, stderr: '' })
  expect(await program('config')).toMatchObject({ code: 2, stdout: '' })
})
