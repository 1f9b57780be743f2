import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'

import { plainFileSchema } from '../scripts/file-json-schema.ts'
import { commonExample, settingsOfPage } from '../scripts/tables.ts'
import { channelDefinitions } from '../src/channels/channel-types.ts'
import { loadConfiguration } from '../src/load-configuration.ts'

const settings = settingsOfPage()

/** Loads examples from files that have these contents, and a secret everywhere else. */
const load = (env: Readonly<Record<string, string>>, file: string): ReturnType<typeof loadConfiguration> =>
  loadConfiguration({
    env,
    file: 'examples.yaml',
    readFile: (path) => (path.endsWith('examples.yaml') ? file : 'a-secret-of-32-characters-or-more'),
  })

test('every documented setting has an example, and it is not the default', () => {
  const without = [...settings].filter(
    ([, { example, default: fallback }]) => example === undefined || example === '' || example === String(fallback),
  )
  expect(without.map(([path]) => path)).toEqual([])
})

test('the examples of variables are accepted together, and each one applies', () => {
  const variables = [...settings].flatMap(([path, { variable, example = '', value }]) =>
    variable === undefined ? [] : [{ path, name: `${variable}${value.isSecret ? '_FILE' : ''}`, example }],
  )
  const { origins } = load(Object.fromEntries(variables.map(({ name, example }) => [name, example])), '{}')
  expect(Object.fromEntries(variables.map(({ path }) => [path, origins[path]]))).toEqual(
    Object.fromEntries(variables.map(({ path, name }) => [path, `environment ${name}`])),
  )
})

test('the examples of keys of the file are accepted together, and each one applies', () => {
  const keys = [...settings].flatMap(([path, { fileKey, example = '' }]) =>
    fileKey === undefined ? [] : [{ path, fileKey, example }],
  )
  const { origins } = load({}, fileWith(keys))
  expect(Object.fromEntries(keys.map(({ path }) => [path, origins[path]?.replace(/:\d+(?=:|$)/, '')]))).toEqual(
    Object.fromEntries(keys.map(({ path, fileKey }) => [path, `file examples.yaml:${fileKey}`])),
  )
})

test('the examples of channels have every key of the file', () => {
  const types = plainFileSchema().properties?.['alerts']?.properties?.['channels']?.items?.oneOf ?? []
  expect(types.length).toBe(channelDefinitions.length)
  const missing = types.flatMap(({ properties = {} }) => {
    const type = properties['type']?.const
    const entries = [commonExample, ...(channelDefinitions.find((each) => each.type === type)?.examples ?? [])]
    const used = new Set(entries.flatMap((entry) => Object.keys(parse(entry) as object)))
    return Object.keys(properties).flatMap((key) => (used.has(key) ? [] : [`${type}: ${key}`]))
  })
  expect(missing).toEqual([])
})

test('the examples of channels are accepted together', () => {
  const entries = [commonExample, ...channelDefinitions.flatMap(({ examples }) => examples)]
  const named = entries.map((entry, at) => ({ name: `channel-${at}`, ...(parse(entry) as { type: string }) }))
  const values: Record<string, string> = {
    ALERT_PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
    SLACK_BOT_TOKEN: ['xoxb', '123', 'abc'].join('-'),
    ALERT_TELEGRAM_BOT_TOKEN: '123456:AAE-0123456789abcdefghijklmnopqrstu',
    ALERT_NTFY_URL: 'https://ntfy.example.com/a-topic',
    OLD_WEBHOOK_SECRET: `whsec_${'a'.repeat(44)}`,
    ALERT_WEBHOOK_SECRET: `whsec_${'b'.repeat(44)}`,
    ALERT_EMAIL_HOST: 'mail.example.com',
    ALERT_EMAIL_FROM: 'alerts@example.com',
    ALERT_EMAIL_TO: 'on-call@example.com',
    ALERT_SMS_ACCOUNT: `AC${'0'.repeat(32)}`,
    ALERT_SMS_TOKEN: '0123456789abcdef0123456789abcdef',
    ALERT_SMS_FROM: '+491701234568',
  }
  const env = Object.fromEntries(
    [...stringify(named).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name!, 'https://hooks.example.com/a-secret']),
  )
  const { alerts, offChannels } = load({ ...env, ...values }, stringify({ alerts: { channels: named } }))
  expect(offChannels).toEqual([])
  expect(alerts.channels.map(({ name }) => name)).toEqual(named.map(({ name }) => name))
})

function fileWith(keys: readonly { readonly fileKey: string; readonly example: string }[]): string {
  const root: Record<string, unknown> = {}
  for (const { fileKey, example } of keys) {
    const parts = fileKey.split('.')
    let at = root
    for (const part of parts.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>
    at[parts.at(-1)!] = /[{}:]/.test(example) ? example : (parse(example) as unknown)
  }
  return stringify(root)
}
