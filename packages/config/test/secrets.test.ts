import { inspect } from 'node:util'

import { test } from '@fast-check/vitest'
import fc from 'fast-check'
import { describe, expect } from 'vitest'

import { channelDefinitions } from '../src/channels/channel-types.ts'
import { ConfigurationError, isSameText, loadConfiguration, Secret, type Configuration } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'
import { secretVariables, validValue } from './secret-variables.ts'

// Only the letters q and z, so that no other text contains such a word by chance
const secretWord = fc.string({ unit: fc.constantFrom('q', 'z', '7'), minLength: 8, maxLength: 40 }).map((word) => `zq${word}`)

function printed(thing: unknown): string {
  return [JSON.stringify(thing), inspect(thing, { depth: 20, showHidden: true }), String(thing), (thing as Error).message].join(
    '\n',
  )
}

function loadOrError(options: Parameters<typeof loadConfiguration>[0]): Configuration | ConfigurationError {
  try {
    return loadConfiguration(options)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
}

test.prop([fc.string(), fc.string()])('texts are the same only if they are equal, whatever their lengths', (one, other) => {
  expect([isSameText(one, one), isSameText(one, other), isSameText(`${one}${other}x`, one)]).toEqual([true, one === other, false])
})

test('a secret prints as *** in every form, and only reveal() returns it', () => {
  const secret = new Secret('hunter2')
  expect([String(secret), ['a', secret].join(' '), JSON.stringify({ secret }), inspect({ secret }), secret.reveal()]).toEqual([
    '***',
    'a ***',
    '{"secret":"***"}',
    '{ secret: *** }',
    'hunter2',
  ])
})

const file = `alerts:
  channels:
    - { type: email, recipients: [ops@example.com] }
    - { type: slack, webhook: "\${ALERT_SLACK_WEBHOOK}" }
    - { type: webhook, url: "https://example.com/\${PATH_TOKEN}" }
`

test.prop([secretWord, fc.subarray([...secretVariables]), fc.boolean(), fc.constantFrom('', 'broken', '-1')])(
  'no printed form of a configuration or of its error contains a secret, valid or not, from a variable or a file',
  (word, urls, fromFile, retries) => {
    const secrets = Object.fromEntries(
      secretVariables.map((name) => [name, urls.includes(name) ? `https://example.com/${word}` : word]),
    )
    const all = { ...secrets, PATH_TOKEN: word }
    const env = fromFile ? Object.fromEntries(Object.keys(all).map((name) => [`${name}_FILE`, name])) : all
    const readFile = (path: string): string => all[path.split('/').at(-1) as keyof typeof all] ?? file
    const result = loadOrError({
      env: { ...env, ALERT_EMAIL_HOST: 'mail', MAX_RETRIES: retries },
      file: 'a.yaml',
      cwd: '/',
      readFile,
    })
    expect(printed(result)).not.toContain(word)
  },
)

test.prop([secretWord, fc.constantFrom('webhook', 'url', 'webhok', 'name', 'recipients', 'severities', 'type', 'fallback')])(
  'a secret variable in the wrong place of the file is not printed either',
  (word, key) => {
    const readFile = (): string =>
      `alerts: { channels: [{ type: slack, ${key}: "\${SOME_SECRET}" }], rules: [{ name: "\${SOME_SECRET}" }] }`
    expect(printed(loadOrError({ env: { SOME_SECRET: word }, file: 'a.yaml', readFile }))).not.toContain(word)
  },
)

/** The other variables without which a channel that reads this variable is off. */
function otherNeedsOf(variable: string): Record<string, string> {
  const owner = channelDefinitions.find(({ keys }) => Object.values(keys).some((key) => key.variable?.name === variable))
  const needed = owner?.type === 'email' ? [] : (owner?.needs ?? []).flatMap((key) => owner!.keys[key]?.variable?.name ?? [])
  return Object.fromEntries(needed.filter((name) => name !== variable).map((name) => [name, validValue(name)]))
}

describe('NAME_FILE', () => {
  test('a secret from NAME_FILE is the content of the file without the final newline', () => {
    const cwd = folderWith({ 'secrets/token': 'one two\n' })
    const { monitor, origins } = loadConfiguration({ env: { MONITOR_TOKEN_FILE: 'secrets/token' }, cwd })
    expect([monitor.token?.reveal(), origins['monitor.token']]).toEqual(['one two', 'environment MONITOR_TOKEN_FILE'])
  })

  test.each(secretVariables)('%s_FILE sets the secret', (name) => {
    const cwd = folderWith({ secret: `${validValue(name)}\n` })
    const email = { ALERT_EMAIL_HOST: 'mail', ALERT_EMAIL_TO: 'ops@example.com' }
    const env = { ...email, ...otherNeedsOf(name), [`${name}_FILE`]: 'secret' }
    expect(Object.values(loadConfiguration({ env, cwd }).origins)).toContain(`environment ${name}_FILE`)
  })

  test('an empty file of NAME_FILE means unset', () => {
    const { monitor } = loadConfiguration({ env: { MONITOR_TOKEN_FILE: 'token' }, cwd: folderWith({ token: '\n' }) })
    expect(monitor.token).toBeUndefined()
  })

  test('NAME_FILE together with NAME is a problem, and so is an unreadable file', () => {
    const env = { MONITOR_TOKEN: 'a', MONITOR_TOKEN_FILE: 'b', ALERT_SLACK_WEBHOOK_FILE: 'none' }
    expect(problemsOf({ env, cwd: folderWith({}) })).toEqual([
      'MONITOR_TOKEN and MONITOR_TOKEN_FILE are both set; set only one of them',
      'ALERT_SLACK_WEBHOOK_FILE must name a file that can be read (ENOENT), got "none"',
    ])
  })

  test('a file of NAME_FILE with more than one line is a problem', () => {
    const cwd = folderWith({ key: 'one\ntwo\n' })
    expect(problemsOf({ env: { SWARMWATCH_OTLP_TOKEN_FILE: 'key' }, cwd })).toEqual([
      'SWARMWATCH_OTLP_TOKEN_FILE must be one line of text, got ***',
    ])
  })
})
