import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import {
  configureRecovery,
  effectiveRecovery,
  defaultRecovery,
  recoveryRules,
  type EffectiveRecovery,
} from '../../src/recovery/settings.ts'

const refused = (setting: keyof EffectiveRecovery, values: unknown[]): unknown[] =>
  values.filter((value) => !recoveryRules[setting][1](value))
const noNumbers = ['5', Number.NaN, Number.POSITIVE_INFINITY, null, undefined]

test('a wait is a number of seconds that a timer can hold', () => {
  for (const setting of ['baseDelaySeconds', 'maxDelaySeconds', 'maxRetryAfterSeconds'] as const) {
    expect(refused(setting, [0, 0.5, 2_147_483])).toEqual([])
    expect(refused(setting, [-0.1, 2_147_484, ...noNumbers])).toEqual([-0.1, 2_147_484, ...noNumbers])
    expect(recoveryRules[setting][0]).toBe('must be a number of seconds from 0 to 2147483')
  }
})

test('a timeout is above zero', () => {
  for (const setting of ['attemptTimeoutSeconds', 'totalTimeoutSeconds'] as const) {
    expect(refused(setting, [0.001, 2_147_483])).toEqual([])
    expect(refused(setting, [0, -1, 2_147_484, ...noNumbers])).toEqual([0, -1, 2_147_484, ...noNumbers])
    expect(recoveryRules[setting][0]).toBe('must be a number of seconds above 0, at most 2147483')
  }
})

test('the other settings accept the documented values and no others', () => {
  expect(refused('maxRetries', [0, 1, -1, 0.5, ...noNumbers])).toEqual([-1, 0.5, ...noNumbers])
  expect(refused('exponentialFactor', [1, 1.5, 0.9, ...noNumbers])).toEqual([0.9, ...noNumbers])
  expect(refused('jitter', ['none', 'full', 'some', '', undefined])).toEqual(['some', '', undefined])
  expect(refused('retryIf', [() => true, true, undefined])).toEqual([true, undefined])
  const { maxRetries, exponentialFactor, jitter, retryIf } = recoveryRules
  expect([maxRetries, exponentialFactor, jitter, retryIf].map(([rule]) => rule)).toEqual([
    'must be an integer >= 0',
    'must be a number >= 1',
    "must be 'none' or 'full'",
    'must be a function',
  ])
})

test('an undefined value is not set, and an agent named like a method has no own limits', () => {
  expect(effectiveRecovery('constructor', { maxRetries: undefined } as object, { agents: {} })).toEqual(defaultRecovery)
  expect(effectiveRecovery('a', {}, {})).toEqual(defaultRecovery)
  expect(effectiveRecovery('a', {}, { agents: { a: { jitter: 'full' }, b: { maxRetries: 9 } } })).toEqual({
    ...defaultRecovery,
    jitter: 'full',
  })
})

test('defaults may contain an undefined value, and another copy of this package finds them', () => {
  const defaults = { retryIf: undefined, agents: { a: { totalTimeoutSeconds: undefined } } }
  onTestFinished(() => configureRecovery({}))
  configureRecovery(defaults)
  const shared = Reflect.get(globalThis, Symbol.for('@swarmwatch/sdk/configured-recovery/1')) as { recovery: unknown }
  expect(shared.recovery).toBe(defaults)
})

test('null is no set of defaults, and no limits of an agent', () => {
  expect(() => configureRecovery(null as never)).toThrow('configureRecovery: defaults must be an object, got null')
  expect(() => configureRecovery({ agents: { reviewer: null as never } })).toThrow(
    'configureRecovery: agents.reviewer must be an object, got null',
  )
})

test('every setting has an effect: a file other than recovery/settings.ts reads it', () => {
  const source = sourcesOf('src', 'recovery/settings.ts')
  expect(Object.keys(recoveryRules).filter((setting) => !mentions(source, setting))).toEqual([])
})

test('every setting has a test of its effect, which mentions it', () => {
  const tests = sourcesOf('test', 'recovery/settings.test.ts')
  expect(Object.keys(recoveryRules).filter((setting) => !mentions(tests, setting))).toEqual([])
})

/** The text of all TypeScript files of a folder of this package, without one of them. */
function sourcesOf(folder: string, without: string): string {
  const root = join(import.meta.dirname, '../..', folder)
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
  const read = names.filter((name) => name.endsWith('.ts') && name !== without)
  return read.map((name) => readFileSync(join(root, name), 'utf8')).join('')
}

const mentions = (text: string, word: string): boolean => new RegExp(`\\b${word}\\b`).test(text)
