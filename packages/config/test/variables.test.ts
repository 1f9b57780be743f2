import { test } from '@fast-check/vitest'
import fc from 'fast-check'
import { expect } from 'vitest'

import { isSecretName, loadConfiguration } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'

const retriesFrom = (written: string, env: Record<string, string>): number =>
  loadConfiguration({ env, cwd: folderWith({ 'config/production.yaml': `recovery: { max_retries: ${written} }` }) }).recovery
    .maxRetries

test('a variable in the file has the type that its value would have there', () => {
  const text = 'recovery:\n  max_retries: ${RETRIES}\nmonitoring:\n  enabled: ${PAGE:-false}\n'
  const { recovery, monitor } = loadConfiguration({ env: { RETRIES: '8' }, cwd: folderWith({ 'config/production.yaml': text }) })
  expect([recovery.maxRetries, monitor.enabled]).toEqual([8, false])
})

test.prop([fc.nat(1000), fc.option(fc.nat(1000))])(
  '${NAME:-default} is the value of the variable, or else the default',
  (fallback, value) => {
    const env: Record<string, string> = value === null ? {} : { RETRIES: String(value) }
    const readFile = (): string => `recovery:\n  max_retries: \${RETRIES:-${fallback}}`
    expect(loadConfiguration({ env, file: 'any.yaml', readFile }).recovery.maxRetries).toBe(value ?? fallback)
  },
)

test('an unset variable is a problem with its path, its line and a solution', () => {
  const text = 'monitoring:\n  enabled: true\nrecovery:\n  base_delay: ${DELAY}\n'
  expect(problemsOf({ env: {}, cwd: folderWith({ 'config/production.yaml': text }) })).toEqual([
    'recovery.base_delay uses ${DELAY}, which is not set; set it or write ${DELAY:-default} (config/production.yaml:4)',
  ])
})

test('a quoted variable is text, so a number must not be quoted', () => {
  expect(() => retriesFrom('"${RETRIES}"', { RETRIES: '8' })).toThrow(
    'recovery.max_retries must be a whole number, 0 or more, got "8"',
  )
})

test('an empty default leaves the key without a value', () => {
  const readFile = (): string => 'recovery:\n  max_retries: ${RETRIES:-}'
  expect(loadConfiguration({ env: {}, file: 'any.yaml', readFile }).recovery.maxRetries).toBe(3)
})

test('a ${ that does not begin a variable is a problem', () => {
  expect(() => retriesFrom('"${9}"', {})).toThrow(
    'recovery.max_retries must use variables as ${NAME} or ${NAME:-default}, got "${9}"',
  )
})

test('the name of a variable shows whether it holds a secret', () => {
  const secrets = [
    'API_KEY',
    'ALERT_EMAIL_PASSWORD',
    'WORKER_TOKEN_FILE',
    'HEARTBEAT_URL',
    'ALERT_SLACK_WEBHOOK',
    'secret',
    'KEY_PUBLIC',
  ]
  const others = ['PUBLIC_KEY', 'GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED', 'MONKEY', 'TOKENS_PER_MINUTE', 'MAX_RETRIES']
  expect([...secrets, ...others].filter(isSecretName)).toEqual(secrets)
})

test('a secret is refused in a key that is shown', () => {
  const text = 'alerts:\n  channels:\n    - { type: console, name: "${API_KEY}" }\n'
  expect(problemsOf({ env: { API_KEY: 'hidden' }, cwd: folderWith({ 'config/production.yaml': text }) })).toEqual([
    'alerts.channels[0].name must not contain a secret; only webhook, url, routing_key, bot_token and secrets of an alert channel and ical of a rotation may, got "${API_KEY}" (config/production.yaml:3)',
  ])
})
