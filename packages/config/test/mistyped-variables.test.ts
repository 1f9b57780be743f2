import { expect, test } from 'vitest'

import { loadConfiguration } from '../src/index.ts'

const noticesFor = (env: Record<string, string>): readonly string[] => loadConfiguration({ env, file: false }).notices

test.each([
  ['MAX_RETRY', 'MAX_RETRIES'],
  ['METRIC_PORT', 'METRICS_PORT'],
  ['MONITOR_PROT', 'MONITOR_PORT'],
  ['MONITORPORT', 'MONITOR_PORT'],
  ['metrics_port', 'METRICS_PORT'],
  ['METRICS-PORT', 'METRICS_PORT'],
  ['RETRY_MAX_DELAY', 'MAX_RETRY_DELAY'],
  ['RETRIES_MAX', 'MAX_RETRIES'],
  ['BASE_RETRY_DELAY_SECONDS', 'BASE_RETRY_DELAY'],
  ['METRICS_EXPORT_INTERVAL_MS', 'METRICS_EXPORT_INTERVAL'],
  ['ALERT_EMAILS_TO', 'ALERT_EMAIL_TO'],
  ['ALERT_EMAIL_PASWORD', 'ALERT_EMAIL_PASSWORD'],
  ['ALERT_SLACK_WEBHOOK_FIEL', 'ALERT_SLACK_WEBHOOK_FILE'],
  ['SWARMWATCH_CONFG', 'SWARMWATCH_CONFIG'],
  ['SWARMWATCH_METRICS_PORT', 'METRICS_PORT'],
])('a notice reports that %s is not a setting and suggests %s', (name, meant) => {
  expect(noticesFor({ [name]: 's3cret' })).toEqual([`${name} is not a setting and has no effect; did you mean ${meant}?`])
})

test('a notice reports each unknown variable that begins with SWARMWATCH_, and each file for a setting that is not secret', () => {
  expect(noticesFor({ SWARMWATCH_COLOUR: 'red', METRICS_PORT_FILE: '/run/port' })).toEqual([
    'SWARMWATCH_COLOUR is not a setting and has no effect',
    'METRICS_PORT_FILE is not read: only a secret may come from a file; set METRICS_PORT',
  ])
})

test.each([
  ['the setting itself is set too', { METRIC_PORT: '1', METRICS_PORT: '9091' }],
  ['it is empty', { METRIC_PORT: '' }],
  [
    'it belongs to others',
    { PORT: '1', MAX_OLD_SPACE: '1', METRICS_ENABLED: 'x', MONITOR_URL: 'x', EMAIL_TO: 'x', RETRIES: '3' },
  ],
  [
    'it belongs to another program of ours',
    { BRIDGE_PORT: '1', BRIDGE_TOKEN: 'x', WORKER_PORT: '1', OTLP_HTTP_PORT: '1', HEARTBEAT_URL: 'x' },
  ],
  [
    'it is a usual one',
    { PATH: '/bin', HOME: '/', LANG: 'C', NODE_ENV: 'test', npm_package_version: '1', OTEL_SERVICE_NAME: 'x' },
  ],
])('no notice reports a variable when %s', (_when, env) => {
  expect(noticesFor(env)).toEqual([])
})

test('no notice reports a variable that the settings file uses', () => {
  const file = 'alerts: { channels: [{ name: ops, type: webhook, url: "${ALERT_WEBHOOKS_URL}" }] }'
  const env = { ALERT_WEBHOOKS_URL: 'https://hooks.example/1' }
  expect(loadConfiguration({ env, file: 'settings.yaml', readFile: () => file }).notices).toEqual([])
})

test('there are at most ten notices', () => {
  const env = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`SWARMWATCH_X${index}`, '1']))
  expect(noticesFor(env)).toHaveLength(10)
})
