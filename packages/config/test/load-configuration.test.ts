import { test } from '@fast-check/vitest'
import fc from 'fast-check'
import { describe, expect } from 'vitest'

import { loadConfiguration, Secret } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { missionEnvironment, missionFile } from './mission-file.ts'
import { problemsOf } from './problems-of.ts'

const recoveryFile = 'recovery: { max_retries: 7, base_delay: 1.5, max_delay: 90, exponential_factor: 2 }'
const recoveryEnvironment = { MAX_RETRIES: '1', BASE_RETRY_DELAY: '0.5', MAX_RETRY_DELAY: '60', RETRY_EXPONENTIAL_FACTOR: '4' }

test('without file, environment and code every setting has its default', () => {
  const { origins, ...settings } = loadConfiguration({ env: {}, cwd: folderWith({}) })
  expect(settings).toEqual({
    telemetry: { serviceName: undefined, otlpToken: undefined, frameworks: 'on' },
    metrics: { enabled: true, host: '127.0.0.1', port: 9090, exportIntervalSeconds: 15 },
    monitor: { enabled: true, host: '127.0.0.1', port: 8080, intervalSeconds: 30, token: undefined },
    recovery: { maxRetries: 3, baseDelaySeconds: 5, maxDelaySeconds: 30, exponentialFactor: 3, agents: {} },
    alerts: {
      inProcess: 'auto',
      histograms: 'native',
      timeZone: 'UTC',
      alertmanagerUrl: undefined,
      alertmanagerUser: 'swarmwatch',
      alertmanagerPassword: undefined,
      escalation: [],
      rotations: [],
      channels: [],
      rules: [
        { name: 'high_error_rate', threshold: 0.5, severity: 'critical', forSeconds: 120 },
        { name: 'elevated_error_rate', threshold: 0.2, severity: 'warning', forSeconds: 300 },
        { name: 'slow_response', threshold: 10, severity: 'warning', forSeconds: 300 },
        { name: 'low_health', threshold: 50, severity: 'critical', forSeconds: 300 },
        { name: 'low_health', threshold: 80, severity: 'warning', forSeconds: 600 },
        { name: 'stuck_run', threshold: 3, severity: 'warning', forSeconds: 30 },
      ],
    },
    prices: {},
    providers: {},
    budgets: {},
    loops: {},
    quality: {},
    strict: false,
    handleSignals: undefined,
    file: undefined,
    notices: [],
    offChannels: [],
    incompleteChannels: [],
  })
  expect(new Set(Object.values(origins))).toEqual(new Set(['default']))
})

test("the mission's file and environment load unchanged", () => {
  const cwd = folderWith({ 'config/production.yaml': missionFile })
  const { alerts, recovery, notices, offChannels, file } = loadConfiguration({ env: missionEnvironment, cwd })
  expect(file).toBe('config/production.yaml')
  expect([notices, offChannels]).toEqual([[], []])
  expect(recovery).toEqual({ maxRetries: 3, baseDelaySeconds: 5, maxDelaySeconds: 60, exponentialFactor: 3, agents: {} })
  expect(alerts.channels).toMatchObject([
    { type: 'email', recipients: ['ops@example.com'], host: 'smtp.gmail.com', port: 587, from: 'alerts@example.com' },
    { type: 'slack' },
  ])
  expect(alerts.rules.map(({ name, threshold, severity }) => [name, threshold, severity])).toEqual([
    ['high_error_rate', 0.5, 'critical'],
    ['slow_response', 10, 'warning'],
    ['elevated_error_rate', 0.2, 'warning'],
    ['low_health', 50, 'critical'],
    ['low_health', 80, 'warning'],
    ['stuck_run', 3, 'warning'],
  ])
})

test("the mission's file loads with an empty environment; channels without a target are off and listed", () => {
  const cwd = folderWith({ 'config/production.yaml': missionFile })
  const { alerts, offChannels, incompleteChannels } = loadConfiguration({ env: {}, cwd })
  expect(alerts.channels).toEqual([])
  // it lists recipients of mail
  expect(incompleteChannels).toEqual([offChannels[0]])
  expect(offChannels).toEqual([
    'alert channel "email" is off: ALERT_EMAIL_HOST is not set; set it, or remove alerts.channels[0] from config/production.yaml',
    'alert channel "slack" is off: ALERT_SLACK_WEBHOOK is not set; set it, or remove alerts.channels[1] from config/production.yaml',
  ])
})

describe('precedence', () => {
  test('the file overrides the defaults', () => {
    const { recovery, origins } = loadConfiguration({ env: {}, cwd: folderWith({ 'config/production.yaml': recoveryFile }) })
    expect(recovery).toMatchObject({ maxRetries: 7, baseDelaySeconds: 1.5, maxDelaySeconds: 90, exponentialFactor: 2 })
    expect(origins['recovery.maxRetries']).toBe('file config/production.yaml:recovery.max_retries')
  })

  test('the environment overrides the file', () => {
    const cwd = folderWith({ 'config/production.yaml': recoveryFile })
    const { recovery, origins } = loadConfiguration({ env: recoveryEnvironment, cwd })
    expect(recovery).toMatchObject({ maxRetries: 1, baseDelaySeconds: 0.5, maxDelaySeconds: 60, exponentialFactor: 4 })
    expect(origins['recovery.maxDelaySeconds']).toBe('environment MAX_RETRY_DELAY')
  })

  test('code overrides the environment, setting by setting', () => {
    const cwd = folderWith({ 'config/production.yaml': recoveryFile })
    const { recovery, origins } = loadConfiguration({ env: recoveryEnvironment, cwd, code: { recovery: { maxRetries: 0 } } })
    expect(recovery).toMatchObject({ maxRetries: 0, baseDelaySeconds: 0.5 })
    expect([origins['recovery.maxRetries'], origins['recovery.baseDelaySeconds']]).toEqual([
      'code',
      'environment BASE_RETRY_DELAY',
    ])
  })

  test.prop([fc.option(fc.nat(65_535)), fc.option(fc.nat(65_535))])(
    'a port is taken from the first source that has it',
    (code, env) => {
      const { metrics, origins } = loadConfiguration({
        file: false,
        env: env === null ? {} : { METRICS_PORT: String(env) },
        code: { metrics: { port: code ?? undefined } },
      })
      expect(metrics.port).toBe(code ?? env ?? 9090)
      expect(origins['metrics.port']).toBe(code !== null ? 'code' : env !== null ? 'environment METRICS_PORT' : 'default')
    },
  )

  test('every variable of the environment reaches its setting', () => {
    const env = {
      MONITOR_PORT: '1',
      MONITOR_HOST: '::1',
      MONITOR_INTERVAL: '2',
      MONITOR_TOKEN: 'm',
      METRICS_PORT: '0',
      METRICS_HOST: '0.0.0.0',
      METRICS_EXPORT_INTERVAL: '0.5',
      ALERTMANAGER_URL: 'http://alertmanager:9093',
      ALERTMANAGER_USER: 'u',
      ALERTMANAGER_PASSWORD: 'p',
      SWARMWATCH_STRICT: '1',
      SWARMWATCH_OTLP_TOKEN: 't',
    }
    const { monitor, metrics, alerts, telemetry, strict } = loadConfiguration({ env, file: false })
    expect(monitor).toEqual({ enabled: true, port: 1, host: '::1', intervalSeconds: 2, token: new Secret('m') })
    expect(metrics).toEqual({ enabled: true, port: 0, host: '0.0.0.0', exportIntervalSeconds: 0.5 })
    expect([monitor.token?.reveal(), telemetry.otlpToken?.reveal()]).toEqual(['m', 't'])
    expect([alerts.alertmanagerUrl, alerts.alertmanagerUser, alerts.alertmanagerPassword?.reveal(), strict]).toEqual([
      'http://alertmanager:9093',
      'u',
      'p',
      true,
    ])
  })

  test('an empty variable counts as unset', () => {
    expect(loadConfiguration({ env: { MAX_RETRIES: '', SWARMWATCH_CONFIG: '' }, cwd: folderWith({}) }).recovery.maxRetries).toBe(
      3,
    )
  })
})

describe('limits of one agent', () => {
  const cwd = (): string =>
    folderWith({
      'config/production.yaml': 'recovery:\n  max_retries: 4\n  agents:\n    slow-one: { max_delay: 120 }\n    constructor: {}',
    })

  test('the limits of one agent complete those of all agents', () => {
    const { recovery, origins } = loadConfiguration({ env: { BASE_RETRY_DELAY: '2' }, cwd: cwd() })
    expect(recovery.agents['slow-one']).toEqual({
      maxRetries: 4,
      baseDelaySeconds: 2,
      maxDelaySeconds: 120,
      exponentialFactor: 3,
    })
    expect([origins['recovery.agents.slow-one.maxDelaySeconds'], origins['recovery.agents.slow-one.baseDelaySeconds']]).toEqual([
      'file config/production.yaml:recovery.agents.slow-one.max_delay',
      'environment BASE_RETRY_DELAY',
    ])
  })

  test('the limits of one agent are found for any agent name, and for no other name', () => {
    const { agents } = loadConfiguration({ env: {}, cwd: cwd() }).recovery
    expect([agents['constructor']?.maxRetries, agents['toString']]).toEqual([4, undefined])
  })

  test('the limits of one agent can be set in code', () => {
    const code = { recovery: { maxRetries: 1, agents: { 'slow-one': { maxRetries: 9 } } } }
    const { recovery } = loadConfiguration({ env: {}, cwd: cwd(), code })
    expect(recovery.agents['slow-one']).toMatchObject({ maxRetries: 9, maxDelaySeconds: 120 })
    expect(recovery.agents['constructor']).toMatchObject({ maxRetries: 1 })
  })

  test('a notice reports a maximum that limits every wait', () => {
    expect(loadConfiguration({ env: { BASE_RETRY_DELAY: '60' }, file: false }).notices).toEqual([
      'recovery: every wait is 30 s, because the base delay of 60 s is above the maximum',
    ])
  })
})

test('the longest time without progress is none, or that of the variable, the file, an agent or the code', () => {
  const file = 'recovery: { stall_timeout: 120, agents: { slow: { stall_timeout: 600 }, other: {} } }'
  const read = (options: Parameters<typeof loadConfiguration>[0]): unknown[] => {
    const { recovery } = loadConfiguration(options)
    return [recovery, recovery.agents['slow'], recovery.agents['other']].map((limits) => limits?.stallTimeoutSeconds)
  }
  const cwd = folderWith({ 'config/production.yaml': file })
  expect(read({ env: {}, file: false })).toEqual([undefined, undefined, undefined])
  expect(read({ env: {}, cwd })).toEqual([120, 600, 120])
  expect(read({ env: { STALL_TIMEOUT: '60' }, cwd })).toEqual([60, 600, 60])
  expect(read({ env: {}, cwd, code: { recovery: { stallTimeoutSeconds: 30 } } })).toEqual([30, 600, 30])
})

describe('the file', () => {
  test('SWARMWATCH_CONFIG names the file, which must then exist', () => {
    const cwd = folderWith({ 'own.yaml': 'monitoring: { enabled: false }', 'config/production.yaml': recoveryFile })
    const { monitor, recovery, file } = loadConfiguration({ env: { SWARMWATCH_CONFIG: 'own.yaml' }, cwd })
    expect([monitor.enabled, recovery.maxRetries, file]).toEqual([false, 3, 'own.yaml'])
    expect(problemsOf({ env: { SWARMWATCH_CONFIG: 'none.yaml' }, cwd })).toEqual([
      'SWARMWATCH_CONFIG must name a file that can be read (ENOENT), got "none.yaml"',
    ])
  })

  test('a file named in code overrides SWARMWATCH_CONFIG, and false reads no file', () => {
    const cwd = folderWith({ 'own.yaml': recoveryFile })
    expect(loadConfiguration({ env: { SWARMWATCH_CONFIG: 'none.yaml' }, cwd, file: 'own.yaml' }).recovery.maxRetries).toBe(7)
    expect(loadConfiguration({ env: { SWARMWATCH_CONFIG: 'none.yaml' }, cwd, file: false }).recovery.maxRetries).toBe(3)
  })

  test('the file may be empty, or have sections and keys without a value', () => {
    const text = 'monitoring:\nrecovery:\n  max_retries:\nalerts:\n  channels:\n  rules:\n  escalation:\n  rotations:\n'
    expect(loadConfiguration({ env: {}, cwd: folderWith({ 'config/production.yaml': text }) }).recovery.maxRetries).toBe(3)
    expect(loadConfiguration({ env: {}, cwd: folderWith({ 'config/production.yaml': '' }) }).recovery.maxRetries).toBe(3)
  })
})
