import { expect, test } from 'vitest'

import { loadConfiguration, type CodeSettings } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'

const inCode = (alerts: CodeSettings['alerts'], env: Record<string, string> = {}): ReturnType<typeof loadConfiguration> =>
  loadConfiguration({
    env,
    code: { alerts },
    cwd: folderWith({
      'config/production.yaml':
        'alerts: { channels: [{ type: console, name: of-file }], rules: [{ name: slow_response, threshold: 20 }, { name: low_health, threshold: 60 }] }',
    }),
  })

test('channels in code replace those of the file; variables complete them and add the types that are missing', () => {
  const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' }
  const { alerts, origins } = inCode(
    {
      channels: [
        { type: 'email', recipients: ['ops@example.com'], host: 'mail.example.com', port: 25, quietHours },
        { type: 'slack', name: 'team', botToken: 'xoxb-1', channel: 'C123', fallback: true },
      ],
    },
    { ALERT_EMAIL_PORT: '2525', ALERT_EMAIL_USER: 'me@example.com', ALERT_WEBHOOK_URL: 'https://example.com/hook' },
  )
  expect(JSON.parse(JSON.stringify(alerts.channels))).toMatchObject([
    { type: 'email', recipients: ['ops@example.com'], host: 'mail.example.com', port: 25, from: 'me@example.com', quietHours },
    { type: 'slack', name: 'team', botToken: '***', channel: 'C123', fallback: true },
    { type: 'webhook', url: '***' },
  ])
  const origin = (path: string): string | undefined => origins[`alerts.channels${path}`]
  expect([origin('[0].port'), origin('[0].user'), origin('[0].name'), origin('[1].botToken'), origin('[2].url')]).toEqual([
    'code',
    'environment ALERT_EMAIL_USER',
    'default',
    'code',
    'environment ALERT_WEBHOOK_URL',
  ])
})

test('a key in code overrides the variable', () => {
  const { alerts } = inCode(
    { channels: [{ type: 'webhook', url: 'https://a/b', secret: 'in-code' }] },
    { ALERT_WEBHOOK_SECRET: 'in-environment' },
  )
  const [channel] = alerts.channels
  expect(channel?.type === 'webhook' && channel.secret?.reveal()).toBe('in-code')
})

test('a channel in code without a target is off and listed in offChannels', () => {
  const { alerts, offChannels } = inCode({ channels: [{ type: 'slack', webhook: undefined }, { type: 'console' }] })
  expect([alerts.channels.map(({ name }) => name), offChannels]).toEqual([
    ['console'],
    ['alert channel "slack" is off: ALERT_SLACK_WEBHOOK is not set; set it, or remove alerts.channels[0] from code'],
  ])
})

test('a rule in code replaces those of its name in the file and in the defaults', () => {
  const { alerts, origins } = inCode({ rules: [{ name: 'slow_response', threshold: 5, forSeconds: 30 }] })
  expect(alerts.rules).toEqual([
    { name: 'slow_response', threshold: 5, severity: 'warning', forSeconds: 30 },
    { name: 'low_health', threshold: 60, severity: 'critical', forSeconds: 300 },
    { name: 'high_error_rate', threshold: 0.5, severity: 'critical', forSeconds: 120 },
    { name: 'elevated_error_rate', threshold: 0.2, severity: 'warning', forSeconds: 300 },
    { name: 'stuck_run', threshold: 3, severity: 'warning', forSeconds: 30 },
  ])
  expect([
    origins['alerts.rules[0].forSeconds'],
    origins['alerts.rules[0].severity'],
    origins['alerts.rules[1].threshold'],
  ]).toEqual(['code', 'default', 'file config/production.yaml:alerts.rules[1].threshold'])
})

test('all problems in code are reported with the names of code, without secrets', () => {
  const channels = [
    { type: 'slack', webhook: 'no-address-but-a-s3cret', botToken: 7 },
    { type: 'webhook', url: 'https://a', allowedPrivateHosts: ['a b'], password: 's3cret' },
    { type: 'email', port: 99_999, password: 's3cret\n', quietHours: { from: '1', to: '02:00', timeZone: 'X' } },
    { type: 'email' },
  ]
  const rules = [{ name: 'slow_response', threshold: 1, forSeconds: -1 }, { name: 'low_health' }]
  expect(problemsOf({ env: {}, file: false, code: { alerts: { channels, rules } as never } })).toEqual([
    'alerts.channels[0].webhook must be an http or https URL, got ***',
    'alerts.channels[0].botToken must be one line of text, got ***',
    'alerts.channels[1].allowedPrivateHosts[0] must be a host name or an IP address, without a port, got "a b"',
    'alerts.channels[1].password is not a setting; the settings are type, name, severities, fallback, quietHours, url, secret, secrets, allowedPrivateHosts',
    'alerts.channels[2].quietHours.from must be a time of day as HH:MM, got "1"',
    'alerts.channels[2].quietHours.timeZone must be a time zone such as Europe/Berlin, got "X"',
    'alerts.channels[2].port must be a whole number from 0 to 65535, got 99999',
    'alerts.channels[2].password must be one line of text, got ***',
    'alerts.rules[0].forSeconds must be a number of seconds from 0 to 2147483, got -1',
    'alerts.rules[1].threshold is missing; it must be a score above 0, at most 100',
    'alerts.channels[0].botToken must not be set together with webhook, got ***',
    'alerts.channels[3].name must differ from the other channels; set a name',
  ])
  expect(
    problemsOf({ env: {}, file: false, code: { alerts: { channels: [channels[2], 3] as never, rules: 1 as never } } }),
  ).toEqual([
    'alerts.channels[0].quietHours.from must be a time of day as HH:MM, got "1"',
    'alerts.channels[0].quietHours.timeZone must be a time zone such as Europe/Berlin, got "X"',
    'alerts.channels[0].port must be a whole number from 0 to 65535, got 99999',
    'alerts.channels[0].password must be one line of text, got ***',
    'alerts.channels[1] must be a mapping with type, got 3',
    'alerts.rules must be a list of rules, got 1',
  ])
  expect(
    problemsOf({ env: {}, file: false, code: { alerts: { channels: [{ type: 'email', port: 99_999, password: 's3cret\n' }] } } }),
  ).toEqual([
    'alerts.channels[0].port must be a whole number from 0 to 65535, got 99999',
    'alerts.channels[0].password must be one line of text, got ***',
  ])
})

test('a key that is not a setting is reported once, with all keys that exist', () => {
  const code = { alerts: { what: 1 }, recovery: { zap: 1, agents: 5 } }
  expect(problemsOf({ env: {}, file: false, code: code as never })).toEqual([
    'recovery.zap is not a setting; the settings are maxRetries, baseDelaySeconds, maxDelaySeconds, exponentialFactor, stallTimeoutSeconds, provider, agents',
    'recovery.agents must be an object from agent names to limits, got 5',
    'alerts.what is not a setting; the settings are inProcess, timeZone, titleTemplate, firingTemplate, resolvedTemplate, histograms, alertmanagerUrl, alertmanagerUser, alertmanagerPassword, runbooksUrl, channels, rules, escalation, rotations',
  ])
})
