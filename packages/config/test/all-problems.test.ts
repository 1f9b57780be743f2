import { test } from '@fast-check/vitest'
import fc from 'fast-check'
import { describe, expect } from 'vitest'

import { channelDefinitions } from '../src/channels/channel-types.ts'
import { ConfigurationError, type LoadOptions, loadConfiguration } from '../src/index.ts'
import { fileKeyOf } from '../src/shape.ts'

/** Returns the paths that the error of these settings names, each once, sorted. */
function invalidPaths(options: LoadOptions): string[] {
  try {
    loadConfiguration({ env: {}, ...options })
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return [...new Set(error.problems.map(({ path }) => path))].toSorted()
  }
  return []
}

const inFile = (settings: unknown): LoadOptions => ({ file: 'a.yaml', readFile: () => JSON.stringify(settings) })
const inCode = (code: unknown): LoadOptions => ({ file: false, code: code as never })

type Entry = Readonly<Record<string, unknown>>

/** Each key of a channel, with a value that no channel type accepts. */
const wrongKeys: Entry = {
  name: 'a b',
  severities: 'loud',
  fallback: 'yes',
  unknown: 1,
  ...Object.fromEntries(channelDefinitions.flatMap(({ keys }) => Object.keys(keys).map((key) => [key, { wrong: true }]))),
}

function someOf(entry: Entry): fc.Arbitrary<Entry> {
  return fc.subarray(Object.entries(entry), { minLength: 1 }).map((entries) => Object.fromEntries(entries))
}

/** A channel type, or none, with invalid values for any of its keys. */
const wrongChannel: fc.Arbitrary<Entry> = fc.constantFrom(...channelDefinitions.map(({ type }) => type), 'pigeon').chain((type) =>
  someOf(
    Object.fromEntries(
      Object.entries(wrongKeys).filter(([key]) => {
        const definition = channelDefinitions.find((one) => one.type === type)
        // A webhook makes a bot token invalid, and vice versa
        const isExcluded = definition?.check !== undefined && key === 'webhook'
        return !isExcluded && (definition === undefined || !isOwnKey(key) || Object.hasOwn(definition.keys, key))
      }),
    ),
  ).map((entry) => ({ type, ...entry })),
)

const wrongRule: fc.Arbitrary<Entry> = fc.record({
  name: fc.constantFrom('slow_response', 'low_health', 'x'),
  severity: fc.constantFrom('loud', 'info'),
  threshold: fc.option(fc.constantFrom('high', 1), { nil: undefined }),
  forSeconds: fc.constantFrom(-1, 5),
  unknown: fc.constantFrom(1, undefined),
})

function isOwnKey(key: string): boolean {
  return channelDefinitions.some(({ keys }) => Object.hasOwn(keys, key))
}

function wrongKeysOf(entry: Entry): string[] {
  return Object.keys(entry).filter((key) => key !== 'type' || entry['type'] === 'pigeon')
}

function wrongKeysOfRule(entry: Entry): string[] {
  const isRight: Entry = { severity: 'info', threshold: 1, forSeconds: 5, unknown: undefined }
  return Object.keys(entry).filter((key) => (key === 'name' ? entry[key] === 'x' : entry[key] !== isRight[key]))
}

describe('every problem is reported at once', () => {
  test.prop([wrongChannel, wrongChannel])('all problems of channels in code are reported at once', (one, other) => {
    const expected = [one, other].flatMap((channel, index) =>
      wrongKeysOf(channel).map((key) => `alerts.channels[${index}].${key}`),
    )
    const channels = [
      { name: 'one', ...one },
      { name: 'other', ...other },
    ]
    expect(invalidPaths(inCode({ alerts: { channels } }))).toEqual(expected.toSorted())
  })

  test.prop([wrongChannel])('all problems of a channel in the file are reported at once', (channel) => {
    const entry = Object.fromEntries(Object.entries(channel).map(([key, value]) => [fileKeyOf(key), value]))
    const expected = wrongKeysOf(channel).map((key) => `alerts.channels[0].${fileKeyOf(key)}`)
    expect(invalidPaths(inFile({ alerts: { channels: [entry] } }))).toEqual(expected.toSorted())
  })

  test.prop([wrongRule])('all problems of a rule in code or in the file are reported at once', (rule) => {
    const entry = Object.fromEntries(Object.entries(rule).map(([key, value]) => [fileKeyOf(key), value]))
    const wrong = wrongKeysOfRule(rule)
    expect(invalidPaths(inCode({ alerts: { rules: [rule] } }))).toEqual(wrong.map((key) => `alerts.rules[0].${key}`).toSorted())
    expect(invalidPaths(inFile({ alerts: { rules: [entry] } }))).toEqual(
      wrong.map((key) => `alerts.rules[0].${fileKeyOf(key)}`).toSorted(),
    )
  })

  test.prop([someOf({ maxRetries: -1, baseDelaySeconds: 'x', maxDelaySeconds: -1, exponentialFactor: 0, unknown: 1 })])(
    'all problems of recovery settings for all agents or for one agent are reported at once',
    (limits) => {
      const entry = Object.fromEntries(Object.entries(limits).map(([key, value]) => [fileKeyOf(key), value]))
      const paths = (keys: readonly string[]): string[] =>
        keys.flatMap((key) => [`recovery.${key}`, `recovery.agents.a.${key}`]).toSorted()
      expect(invalidPaths(inCode({ recovery: { ...limits, agents: { a: limits } } }))).toEqual(paths(Object.keys(limits)))
      expect(invalidPaths(inFile({ recovery: { ...entry, agents: { a: entry } } }))).toEqual(paths(Object.keys(entry)))
    },
  )

  test('problems are reported in addition to a value with an unset variable', () => {
    const rule = { name: '${NOPE}', severity: 'loud', for: -1 }
    const channel = { type: '${NOPE}', name: 'a b', fallback: 'yes', webhook: 'x' }
    expect(
      invalidPaths(
        inFile({ recovery: { max_retries: '${NOPE}', max_delay: -1 }, alerts: { rules: [rule], channels: [channel] } }),
      ),
    ).toEqual([
      'alerts.channels[0].fallback',
      'alerts.channels[0].name',
      'alerts.channels[0].type',
      'alerts.channels[0].webhook',
      'alerts.rules[0].for',
      'alerts.rules[0].name',
      'alerts.rules[0].severity',
      'alerts.rules[0].threshold',
      'recovery.max_delay',
      'recovery.max_retries',
    ])
  })
})

test('a rule with an unknown name is reported with its severity and its missing threshold', () => {
  const load = (): unknown => loadConfiguration({ env: {}, ...inFile({ alerts: { rules: [{ name: 'x', severity: 'loud' }] } }) })
  expect(load).toThrow(`3 problems in the configuration:
  alerts.rules[0].name must be high_error_rate, elevated_error_rate, slow_response, stuck_run or low_health, got "x" (a.yaml:1)
  alerts.rules[0].threshold is missing; it must be a share above 0, at most 1 (0.5 is 50 %), or a number of seconds from 0 to 2147483, or a number of times above 0, at most 1000, or a score above 0, at most 100 (a.yaml:1)
  alerts.rules[0].severity must be critical, warning or info, got "loud" (a.yaml:1)`)
})
