import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { loadConfiguration, Secret, type Configuration } from '../src/index.ts'

const root = join(import.meta.dirname, '../../..')

const full = {
  ALERT_EMAIL_HOST: 'mail',
  ALERT_EMAIL_TO: 'ops@example.com',
  ALERT_SLACK_WEBHOOK: 'https://hooks.slack.com/services/x',
}

test('config/production.yaml loads with an empty environment; channels without a target are off', () => {
  const { alerts, offChannels, incompleteChannels } = loadConfiguration({ env: {}, cwd: root })
  expect(incompleteChannels).toEqual([])
  expect(alerts.channels.map(({ name }) => name)).toEqual(['console'])
  expect(offChannels).toEqual([
    'alert channel "email" is off: ALERT_EMAIL_TO is not set and ALERT_EMAIL_HOST is not set; set them, or remove alerts.channels[0] from config/production.yaml',
    'alert channel "slack" is off: ALERT_SLACK_WEBHOOK is not set; set it, or remove alerts.channels[1] from config/production.yaml',
  ])
})

test('config/production.yaml has all channels once their targets are set', () => {
  const { alerts, offChannels } = loadConfiguration({ env: full, cwd: root })
  expect([alerts.channels.map(({ name }) => name), offChannels]).toEqual([['email', 'slack', 'console'], []])
})

test('config/production.yaml contains the defaults, except for its channels', () => {
  const ofFile = loadConfiguration({ env: {}, cwd: root })
  const without = loadConfiguration({ env: {}, file: false })
  const settings = ({ metrics, monitor, recovery, alerts, strict }: Configuration): unknown => ({
    metrics,
    monitor,
    recovery,
    strict,
    alerts: { ...alerts, channels: [] },
  })
  expect(settings(ofFile)).toEqual(settings(without))
})

test('config/production.yaml is ASCII', () => {
  expect(readFileSync(join(root, 'config/production.yaml'), 'utf8')).toMatch(/^[\x20-\x7e\n]*$/)
})

function leaves(value: unknown, path = ''): string[] {
  const isLeaf = typeof value !== 'object' || value === null || value instanceof Secret
  const isList = Array.isArray(value) && !value.some((item) => typeof item === 'object')
  if (isLeaf || isList || path.endsWith('quietHours')) return [path]
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`),
  )
}

test('every effective setting has an origin, and every origin a setting', () => {
  const { origins, notices, offChannels, incompleteChannels, file, ...settings } = loadConfiguration({
    env: full,
    cwd: root,
    code: { recovery: { agents: { one: { maxRetries: 1 } } } },
  })
  expect(Object.keys(origins).toSorted()).toEqual(leaves(settings).toSorted())
  expect([file, notices, offChannels, incompleteChannels]).toEqual(['config/production.yaml', [], [], []])
})
