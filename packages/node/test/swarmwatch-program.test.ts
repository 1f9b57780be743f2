import { expect, test } from 'vitest'

import { runNode } from './run-node.ts'

// child processes start slowly on a busy machine

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
  OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// address, got ***
`,
  })
})

const usage = /^Usage: swarmwatch \[options\] <command>\n/

test.each<[string[], number, 'stdout' | 'stderr', RegExp]>([
  [[], 2, 'stderr', usage],
  [['--help'], 0, 'stdout', usage],
  [['-h'], 0, 'stdout', usage],
  [['help'], 0, 'stdout', usage],
  [['--version'], 0, 'stdout', /^\d+\.\d+\.\d+\n$/],
  [['-v'], 0, 'stdout', /^\d+\.\d+\.\d+\n$/],
  [['config', '--help'], 0, 'stdout', /^Usage: swarmwatch config /],
  [['doctor', '--help'], 0, 'stdout', /^Usage: swarmwatch doctor /],
  [['event', '--help'], 0, 'stdout', /^Usage: swarmwatch event --title TITLE/],
  [['advise', '--help'], 0, 'stdout', /^Usage: swarmwatch advise /],
  [['help', 'doctor'], 0, 'stdout', /^Usage: swarmwatch doctor /],
  [
    ['konfig'],
    2,
    'stderr',
    /^swarmwatch: unknown command "konfig"\n\(Did you mean config\?\)\n"swarmwatch --help" lists the commands and options\n$/,
  ],
  [['dance'], 2, 'stderr', /^swarmwatch: unknown command "dance"\n"swarmwatch --help" lists the commands and options\n$/],
  [['caf\u00e9'], 2, 'stderr', /^swarmwatch: unknown command "caf\\u00e9"\n/],
  [['config', '--jsn'], 2, 'stderr', /^swarmwatch: unknown option '--jsn'\n\(Did you mean --json\?\)\n/],
  [['--versoin'], 2, 'stderr', /^swarmwatch: unknown option '--versoin'\n\(Did you mean --version\?\)\n/],
  [['event', '--titel', 'x'], 2, 'stderr', /\(Did you mean --title\?\)\n"swarmwatch event --help" lists its options\n$/],
  [['help', 'doctr'], 2, 'stderr', /^swarmwatch: unknown command "doctr"\n\(Did you mean doctor\?\)\n/],
  [['help', 'dance', '--help'], 0, 'stdout', usage],
  [['help', 'help'], 0, 'stdout', usage],
  [['doctor', 'now'], 2, 'stderr', /^swarmwatch: too many arguments for 'doctor'/],
])('answers a call with %j by the right code and words', async (args, code, stream, words) => {
  const ended = await swarmwatch(args)
  expect(ended).toMatchObject({ code, [stream]: expect.stringMatching(words) as string })
  expect(ended[stream === 'stdout' ? 'stderr' : 'stdout']).toBe('')
})

test('config --json prints the effective settings for programs, with secrets masked', async () => {
  const env = { METRICS_PORT: '9464', SWARMWATCH_OTLP_TOKEN: 'very-secret' }
  const { code, stdout } = await swarmwatch(['config', '--json'], env)
  const { file, settings, notes } = JSON.parse(stdout) as ReturnType<typeof JSON.parse>
  expect([code, file, notes]).toEqual([0, null, []])
  expect(settings).toMatchObject({
    'metrics.port': { value: 9464, origin: 'environment METRICS_PORT' },
    'metrics.enabled': { value: true, origin: 'default' },
    'monitor.token': { value: null, origin: 'default' },
    'telemetry.otlpToken': { value: '***', origin: 'environment SWARMWATCH_OTLP_TOKEN' },
  })
})

test('with --json, settings that cannot be used are JSON too', async () => {
  const { code, stdout, stderr } = await swarmwatch(['config', '--json'], { METRICS_PORT: 'x' })
  expect([code, stderr, JSON.parse(stdout)]).toEqual([
    2,
    '',
    { problems: [{ path: 'METRICS_PORT', rule: 'must be a whole number from 0 to 65535', value: '"x"' }] },
  ])
})

test.each([
  [['doctor', '--json', '--verbose'], "unknown option '--verbose'"],
  [['--json'], "unknown option '--json'"],
  [['config', '--json', 'all'], "too many arguments for 'config'. Expected 0 arguments but got 1: all."],
  [['confg', '--json'], 'unknown command "confg"\n(Did you mean config?)'],
])('with --json, a call that cannot be understood is one JSON document: %j', async (args, rule) => {
  const { code, stdout } = await swarmwatch(args)
  expect([code, JSON.parse(stdout)]).toEqual([2, { problems: [{ path: 'arguments', rule }] }])
})

test('doctor --json prints the findings', async () => {
  const { code, stdout } = await swarmwatch(['doctor', '--json'], { METRICS_PORT: 'x' })
  const { isHealthy, findings } = JSON.parse(stdout) as { isHealthy: boolean; findings: { level: string; text: string }[] }
  expect([code, isHealthy]).toEqual([1, false])
  expect(findings.filter(({ level }) => level === 'wrong').map(({ text }) => text)).toContain(
    'setting: METRICS_PORT must be a whole number from 0 to 65535, got "x"',
  )
})

test('the program runs from a fresh clone, and returns the exit code', async () => {
  const program = (...args: string[]) =>
    runNode(['./bin/swarmwatch.mjs', ...args], { conditions: false, env: { METRICS_PORT: 'x' } })
  expect(await program('--help')).toMatchObject({ code: 0, stderr: '' })
  expect(await program('config')).toMatchObject({ code: 2, stdout: '' })
})
