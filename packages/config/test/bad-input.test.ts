import { test } from '@fast-check/vitest'
import fc from 'fast-check'
import { describe, expect } from 'vitest'

import { ConfigurationError, loadConfiguration } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'

const fileProblems = (text: string, env: Record<string, string> = {}): string[] =>
  problemsOf({ env, file: 'a.yaml', cwd: folderWith({ 'a.yaml': text }) })

const wrongFile = `
monitoring: { enabled: yes, helth: 1 }
recovery:
  max_retries: -1
  base_delay: \${NOPE}
  agents: { "my agent": { max_retries: x }, b: 3 }
alerts:
  in_process: maybe
  channels:
    - type: pigeon
    - type: slack
      webhook: no-address-but-a-s3cret
      webhok: s3cret
    - type: slack
      severities: [bad]
    -
    - type: email
      recipients: [ops]
      quiet_hours: { from: 25:00, to: "07:00", time_zone: Mars/X }
  rules:
    - name: high_error_rate
    - name: high_error_rate
      threshold: 50
      severity: critical
    - name: zork
      threshold: 1
`

test('all problems in file, environment and code are reported at once, with path, rule, value and line', () => {
  const problems = problemsOf({
    cwd: folderWith({ 'a.yaml': wrongFile }),
    env: {
      SWARMWATCH_CONFIG: 'a.yaml',
      BASE_RETRY_DELAY: 'abc',
      METRICS_PORT: '70000',
      SWARMWATCH_OTLP_TOKEN: 's3cret',
      SWARMWATCH_OTLP_TOKEN_FILE: 'b',
      MONITOR_TOKEN_FILE: 'none',
    },
    code: { metrics: { port: 1.5, prot: 1 } as never, recovery: { agents: { x: { maxRetries: -1 } } } },
  })
  // A new channel type must not change this test
  const shown = problems.map((line) => line.replace(/(?<=\.type must be ).*(?= or console)/, '...'))
  expect(shown).toMatchInlineSnapshot(`
    [
      "recovery.base_delay uses \${NOPE}, which is not set; set it or write \${NOPE:-default} (a.yaml:5)",
      "monitoring.enabled must be true or false, got "yes" (a.yaml:2)",
      "monitoring.helth is not a setting; the settings are enabled, health_check_interval, metrics_export, frameworks (a.yaml:2)",
      "recovery.max_retries must be a whole number, 0 or more, got -1 (a.yaml:4)",
      "recovery.agents["my agent"].max_retries must be a whole number, 0 or more, got "x" (a.yaml:6)",
      "recovery.agents.b must be a mapping with max_retries, base_delay, max_delay, exponential_factor, stall_timeout, provider, got 3 (a.yaml:6)",
      "alerts.in_process must be auto, on or off, got "maybe" (a.yaml:8)",
      "alerts.channels[0].type must be ... or console, got "pigeon" (a.yaml:10)",
      "alerts.channels[1].webhook must be an http or https URL, got *** (a.yaml:12)",
      "alerts.channels[1].webhok is not a setting; the settings are type, name, severities, fallback, quiet_hours, webhook, bot_token, channel (a.yaml:13)",
      "alerts.channels[2].severities[0] must be critical, warning or info, got "bad" (a.yaml:15)",
      "alerts.channels[3] must be a mapping with type (a.yaml:16)",
      "alerts.channels[4].quiet_hours.from must be a time of day as HH:MM, got "25:00" (a.yaml:19)",
      "alerts.channels[4].quiet_hours.time_zone must be a time zone such as Europe/Berlin, got "Mars/X" (a.yaml:19)",
      "alerts.channels[4].recipients[0] must be mail addresses separated by commas, got "ops" (a.yaml:18)",
      "alerts.rules[0].threshold is missing; it must be a share above 0, at most 1 (0.5 is 50 %) (a.yaml:21)",
      "alerts.rules[1].threshold must be a share above 0, at most 1 (0.5 is 50 %), got 50 (a.yaml:23)",
      "alerts.rules[2].name must be high_error_rate, elevated_error_rate, slow_response, stuck_run or low_health, got "zork" (a.yaml:25)",
      "alerts.channels[2].name must differ from the other channels; set a name (a.yaml:14)",
      "alerts.rules[1].name must not be listed twice with the same severity, got "high_error_rate" (a.yaml:22)",
      "SWARMWATCH_OTLP_TOKEN and SWARMWATCH_OTLP_TOKEN_FILE are both set; set only one of them",
      "metrics.prot is not a setting; the settings are enabled, host, port, exportIntervalSeconds",
      "metrics.port must be a whole number from 0 to 65535, got 1.5",
      "METRICS_PORT must be a whole number from 0 to 65535, got 70000",
      "MONITOR_TOKEN_FILE must name a file that can be read (ENOENT), got "none"",
      "BASE_RETRY_DELAY must be a number of seconds from 0 to 2147483, got "abc"",
      "recovery.agents.x.maxRetries must be a whole number, 0 or more, got -1",
    ]
  `)
})

test('the error has a list of the problems', () => {
  const load = (): unknown => loadConfiguration({ env: { MAX_RETRIES: '-1' }, file: false })
  expect(load).toThrow(ConfigurationError)
  try {
    load()
  } catch (error) {
    expect((error as ConfigurationError).problems).toEqual([
      { path: 'MAX_RETRIES', rule: 'must be a whole number, 0 or more', value: '"-1"' },
    ])
  }
})

describe('numbers of the environment', () => {
  test('invalid numbers of the environment are reported with variable, rule and value', () => {
    expect(problemsOf({ env: { BASE_RETRY_DELAY: 'abc', MONITOR_INTERVAL: '0' }, file: false })).toEqual([
      'MONITOR_INTERVAL must be a number of seconds above 0, at most 2147483, got 0',
      'BASE_RETRY_DELAY must be a number of seconds from 0 to 2147483, got "abc"',
    ])
  })

  test.each(['1e3', '0x10', '5s', ' 5', '1_000', 'Infinity', 'NaN', '.5', '5.', '--1'])(
    'numbers of the environment do not have the form %j',
    (text) => {
      expect(problemsOf({ env: { MAX_RETRY_DELAY: text }, file: false })).toHaveLength(1)
    },
  )

  test.prop([fc.string()])('ports of the environment are whole numbers from 0 to 65535, or a problem', (text) => {
    const env = { METRICS_PORT: text }
    if (problemsOf({ env, file: false }).length > 0) return
    const { port } = loadConfiguration({ env, file: false }).metrics
    expect(Number.isInteger(port) && port >= 0 && port <= 65_535).toBe(true)
  })
})

describe('a file that is not YAML', () => {
  test.each([
    [
      'a: [1',
      'a.yaml must be valid YAML; line 1, column 6: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a: "s3cret', 'a.yaml must be valid YAML; line 1, column 11: Missing closing "quote'],
    ['\ta: b', 'a.yaml must be valid YAML; line 1, column 1: Tabs are not allowed as indentation'],
    ['a: s3 : cret', 'a.yaml must be valid YAML; line 1, column 4: Nested mappings are not allowed in compact mappings'],
    ['a: !s3cret b', 'a.yaml must be valid YAML; line 1, column 4: Tags (!...) are not supported'],
    ['recovery:\n---\nb: 1', 'a.yaml must be valid YAML; line 2, column 1: There is a second document'],
    ['recovery:\nrecovery:', 'a.yaml must not contain a key twice, got "recovery" (a.yaml:2:1)'],
    [
      '- x',
      'a.yaml must be a mapping with monitoring, recovery, alerts, prices, providers, budgets, loops, quality, got a list (a.yaml:1)',
    ],
    ['recovery: *none', 'recovery must refer to an anchor of the file, got "*none" (a.yaml:1)'],
  ])('the invalid YAML %j is reported with its position and not quoted', (text, problem) => {
    expect(fileProblems(text)).toEqual([problem])
  })

  test('a YAML anchor that contains itself is a problem', () => {
    expect(fileProblems('recovery: &a { agents: { x: *a } }')[0]).toBe('a.yaml must have at most 10000 values and 20 levels')
  })

  test.prop([fc.string()])('a file with any content loads or throws a ConfigurationError in ASCII', (text) => {
    const readFile = (): string => text
    expect(problemsOf({ env: {}, file: 'a.yaml', readFile }).join('')).toMatch(/^[\x20-\x7e]*$/)
  })
})

test('the error is ASCII for any name and content of the file', () => {
  const cwd = folderWith({ 'w\u00fcst.yaml': 'recovery: "\\\u00fc"' })
  expect(problemsOf({ env: {}, cwd, file: 'w\u00fcst.yaml' })).toEqual([
    'w\\u00fcst.yaml must be valid YAML; line 1, column 12: Invalid escape sequence \\\\u00fc',
  ])
})

test('a folder instead of a file is a problem', () => {
  const cwd = folderWith({ 'config/production.yaml/x': '' })
  expect(problemsOf({ env: {}, cwd })).toEqual(['file must name a file that can be read (EISDIR), got "config/production.yaml"'])
})

test('settings in code that are not an object are a problem', () => {
  expect(
    problemsOf({
      env: {},
      file: false,
      code: { metrics: 9090 as never, strict: 'yes' as never, recovery: { agents: [] as never } },
    }),
  ).toEqual([
    'metrics must be an object with enabled, host, port, exportIntervalSeconds, got 9090',
    'recovery.agents must be an object from agent names to limits, got a list',
    'strict must be true or false, got "yes"',
  ])
})

test('a URL is shown without the parts that may contain a token', () => {
  expect(
    problemsOf({
      env: { ALERTMANAGER_URL: 'http://user:s3cret@host:9093/s3cret?a=s3cret', MONITOR_HOST: 'http://h/s3cret' },
      file: false,
    }),
  ).toEqual([
    'MONITOR_HOST must be a host name or an IP address, without a port, got "http://h/***"',
    'ALERTMANAGER_URL must be an http or https URL without user name and password, got "http://host:9093/***"',
  ])
})

test.each([
  [
    { ALERTMANAGER_URL: 'http://a:9093', ALERTMANAGER_USER: 'me' },
    'ALERTMANAGER_USER needs ALERTMANAGER_PASSWORD or ALERTMANAGER_PASSWORD_FILE as well',
  ],
  [
    { ALERTMANAGER_URL: 'http://a:9093', ALERTMANAGER_USER: 'a:b', ALERTMANAGER_PASSWORD: 's3cret' },
    'ALERTMANAGER_USER must be one line of text without a colon, got "a:b"',
  ],
])('invalid credentials for Alertmanager are refused: %j', (env, problem) => {
  expect(problemsOf({ env, file: false })).toEqual([problem])
})

test.each(['proxy', '10.0.0.0/33', 'fd00::/129', '10.0.0.1;10.0.0.2', ','])('refuses %s as a trusted proxy', (text) => {
  expect(problemsOf({ env: { MONITOR_TRUSTED_PROXIES: text } })).toEqual([
    `MONITOR_TRUSTED_PROXIES must be IP addresses or networks (10.0.0.0/8) separated by commas, got ${JSON.stringify(text)}`,
  ])
})

test('accepts addresses and networks as trusted proxies, from the environment and from code', () => {
  const { monitor } = loadConfiguration({ env: { MONITOR_TRUSTED_PROXIES: ' 10.0.0.0/8, ::1 ' }, cwd: folderWith({}) })
  expect(monitor.trustedProxies).toEqual(['10.0.0.0/8', '::1'])
  const code = { monitor: { trustedProxies: '192.0.2.1' } }
  expect(loadConfiguration({ env: {}, cwd: folderWith({}), code }).monitor.trustedProxies).toEqual(['192.0.2.1'])
})
