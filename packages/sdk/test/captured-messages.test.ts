import { expect, onTestFinished, test, vi } from 'vitest'

import { asMessages, capturedMessages } from '../src/telemetry/content.ts'

const parsed = (value: unknown): unknown => {
  const json = capturedMessages(value)
  return json === undefined ? undefined : JSON.parse(json)
}

test('a text is the only message of its role', () => {
  expect(JSON.parse(asMessages('user', 'hi'))).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'hi' }] }])
})

test('messages are JSON, without secrets in their texts', () => {
  const messages = [{ role: 'user', parts: [{ content: 'mail a@b.c with sk-12345678' }], count: 2 }]
  expect(parsed(messages)).toEqual([{ role: 'user', parts: [{ content: 'mail *** with ***' }], count: 2 }])
  expect([undefined, 5, null].map(capturedMessages)).toEqual([undefined, '5', 'null'])
})

test('values that JSON cannot hold are described, and the same object may appear twice', () => {
  const part: Record<string, unknown> = { n: 5n, call: () => 1 }
  part['self'] = part
  const shown = { n: '5n', call: '[function]', self: '[cycle]' }
  expect(parsed([part, part])).toEqual([shown, shown])
  const fail = (): never => {
    throw new Error('no reading')
  }
  expect(capturedMessages({ toJSON: fail })).toBeUndefined()
})

test('each text is cut to 4,096 characters, after secrets of up to 8,192 are removed', () => {
  expect(parsed(['x '.repeat(3_000)])).toEqual(['x '.repeat(2_048)])
  const address = (length: number): string => 'https://h?'.padEnd(length, 'q')
  expect(parsed([`${address(8_000)} tail`])).toEqual(['https://h?*** tail'])
  expect(parsed([`${address(8_190)} tail`])).toEqual(['https://h?*** t'])
})

/** A list of texts whose JSON has this length. */
function texts(count: number, length: number): string[] {
  const full = Array.from({ length: count - 1 }, (_, at) => `${String(at).padStart(3, '0')}${' '.repeat(4_093)}`)
  const rest = length - JSON.stringify([...full, '']).length
  return [...full, ' '.repeat(rest)]
}

test('of more than 65,536 characters the older half is left out, until the rest fits', () => {
  const fits = texts(16, 65_536)
  expect(parsed(fits)).toEqual(fits)
  const long = texts(16, 65_537)
  expect(parsed(long)).toEqual(long.slice(8))
  const uneven = texts(17, 65_600)
  expect(parsed(uneven)).toEqual(uneven.slice(9))
  const many = Array.from({ length: 64 }, (_, at) => `${at}${' '.repeat(4_000)}`)
  expect(parsed(many)).toEqual(many.slice(48))
})

test('a value that is too long without older messages is not recorded', () => {
  expect(parsed({ list: texts(16, 65_527) })).toBeDefined()
  expect(parsed({ list: texts(16, 65_528) })).toBeUndefined()
  expect(parsed([texts(16, 65_534)])).toBeDefined()
  expect(parsed([texts(16, 65_535)])).toBeUndefined()
})

test.each([
  ['true', true],
  ['SPAN_ONLY', true],
  ['span_and_event', true],
  ['event_only', false],
  ['false', false],
  [undefined, false],
])('the variable of the conventions is %s: content on spans is asked for: %s', async (value, isAsked) => {
  const name = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv(name, value)
  vi.resetModules()
  const { isContentAsked } = await import('../src/telemetry/content.ts')
  expect(isContentAsked()).toBe(isAsked)
  vi.stubEnv(name, isAsked ? 'false' : 'true')
  expect(isContentAsked()).toBe(isAsked)
})
