import { startTestTelemetry } from '@swarmwatch/testing'
import { expect, test } from 'vitest'

import { emptyAnswer, errorType, refusal, ResultRejectedError, schema, truncated } from '../../src/index.ts'
import { metric } from '../../src/names.ts'
import { isEmptyObject, rejectionOf } from '../../src/results/fail-if.ts'

const rejection = (verdict: unknown): unknown => rejectionOf('Paris', (() => verdict) as never)?.error

test('undefined, false and an empty reason reject nothing, and are no misuse', async () => {
  await using telemetry = await startTestTelemetry()
  for (const verdict of [undefined, false, '']) expect(rejection(verdict)).toBeUndefined()
  expect(await telemetry.sum(metric.guardTrips.name)).toBe(0)
  for (const verdict of [0, null, {}, Symbol('x')]) expect(rejection(verdict)).toBeUndefined()
  expect(await telemetry.sum(metric.guardTrips.name)).toBe(4)
})

test('the first check that rejects decides', () => {
  const error = new RangeError('too short')
  const checks = [() => false, () => error, () => 'later'] as never
  expect(rejectionOf('x', checks)).toEqual({ error })
  expect(rejectionOf('x', [])).toBeUndefined()
})

test.each<[what: string, reason: string | undefined, code: string, message: string]>([
  ['no reason', undefined, 'result_rejected', 'failIf rejected the result: result_rejected'],
  ['a word', 'no_sources', 'no_sources', 'failIf rejected the result: no_sources'],
  ['a sentence', 'No sources.', 'result_rejected', 'No sources.'],
  ['a word and more', 'no_sources!', 'result_rejected', 'no_sources!'],
  ['capital letters', 'NoSources', 'result_rejected', 'NoSources'],
  ['five words', 'a_b_c_d_e', 'a_b_c_d_e', 'failIf rejected the result: a_b_c_d_e'],
  ['six words', 'a_b_c_d_e_f', 'result_rejected', 'a_b_c_d_e_f'],
  ['a word of 40 letters', 'a'.repeat(40), 'a'.repeat(40), `failIf rejected the result: ${'a'.repeat(40)}`],
  ['a word of 41 letters', 'a'.repeat(41), 'result_rejected', 'a'.repeat(41)],
])('%s is the code or the message', (_, reason, code, message) => {
  const error = new ResultRejectedError('Paris', reason)
  expect(Object.keys(error)).toEqual(['name', 'code'])
  expect(error).toMatchObject({ name: 'ResultRejectedError', code, message, result: 'Paris' })
  expect('isRetryable' in error).toBe(false)
  expect(errorType(error)).toBe(code)
})

test('after 20 different words, others share a code, but not those of the ready-made checks', () => {
  const words = Array.from('abcdefghijklmnopqrstuvwxy', (letter) => `word_${letter}`)
  const codes = words.map((word) => new ResultRejectedError('', word).code)
  expect(codes[0]).toBe('word_a')
  expect(codes.at(-1)).toBe('result_rejected')
  for (const word of ['empty_answer', 'refusal', 'truncated', 'schema_mismatch'])
    expect(new ResultRejectedError('', word)).toMatchObject({ code: word, message: `failIf rejected the result: ${word}` })
})

test('the ready-made checks name what they rejected', () => {
  const cut = { text: 'x', finishReason: 'length' }
  const refused = { text: 'x', finishReason: 'content-filter' }
  expect(emptyAnswer('')).toMatchObject({ message: 'the answer is empty' })
  expect('isRetryable' in (emptyAnswer('') as object)).toBe(false)
  expect(refusal(refused)).toMatchObject({ message: 'the model refused to answer', isRetryable: false })
  expect(truncated(cut)).toMatchObject({ message: 'the token limit cut the answer', isRetryable: false })
  for (const check of [refusal, truncated]) expect(check({ text: 'x', finishReason: 'stop' })).toBe(false)
  expect(emptyAnswer({ text: '', object: { city: '' }, finishReason: 'stop' })).toBe(false)
})

test.each([
  'content_filter',
  'refusal',
  'guardrail_intervened',
  'safety',
  'recitation',
  'blocklist',
  'prohibited_content',
  'spii',
  'image_safety',
  'model_armor',
])('the finish reason %s is a refusal', (finishReason) => {
  expect(refusal({ text: '', finishReason })).toMatchObject({ code: 'refusal' })
  expect(truncated({ text: '', finishReason })).toBe(false)
})

test.each(['length', 'max_tokens', 'max_output_tokens', 'model_context_window_exceeded'])(
  'the finish reason %s means that the answer was cut',
  (finishReason) => {
    expect(truncated({ text: '', finishReason })).toMatchObject({ code: 'truncated' })
    expect(refusal({ text: '', finishReason })).toBe(false)
  },
)

test.each<[value: unknown, isEmpty: boolean]>([
  [{}, true],
  [[], true],
  [{ a: undefined, b: null, c: '', d: [] }, true],
  [['', null], true],
  [{ a: '', b: 'x' }, false],
  [{ a: 0 }, false],
  [{ a: false }, false],
  [{ a: ['x'] }, false],
  [{ a: {} }, false],
  ['', false],
  [undefined, false],
  [5, false],
  [new Date(0), false],
  [new (class Empty {})(), false],
  [Object.create(null), false],
])('%j is an object without values: %s', (value, isEmpty) => {
  expect(isEmptyObject(value)).toBe(isEmpty)
})

/** A schema whose validation returns `validated`, and the values that it was given. */
function schemaThat(validate: (value: unknown) => unknown) {
  const seen: unknown[] = []
  const check = schema({ '~standard': { validate: (value) => (seen.push(value), validate(value)) } })
  return { check, seen }
}
const never = { issues: [{ message: 'no' }] }

test('schema reads the text first as it is, then as JSON; an object takes precedence', () => {
  const { check, seen } = schemaThat(() => never)
  check('{"a":1}')
  check({ text: '{"a":1}', object: { b: 2 }, finishReason: 'stop' })
  check({ c: 3 })
  check('no JSON')
  expect(seen).toEqual(['{"a":1}', { a: 1 }, { b: 2 }, { c: 3 }, 'no JSON', 'no JSON'])
})

test.each([
  ['```json\n{"a":1}\n```', { a: 1 }],
  ['```\n{"a":1}\n```', { a: 1 }],
  ['  ```JSON  \n{"a":\n1}\n  ```  \n', { a: 1 }],
  ['see ```json\n{"a":1}\n```', undefined],
  ['```json\n{"a":1}\n``` and so on', undefined],
  ['```yaml\n{"a":1}\n```', undefined],
])('schema reads the code block %j', (text, value) => {
  const { check, seen } = schemaThat(() => never)
  check(text)
  expect(seen).toEqual([text, value ?? text])
})

test.each<[issue: unknown, shown: string]>([
  [{ message: 'no' }, 'no'],
  [{ message: 'no', path: ['a', { key: 'b' }, 0] }, 'a.b.0: no'],
  [{ message: 5 }, 'invalid'],
  [{ message: `${'x'.repeat(300)}` }, 'x'.repeat(200)],
  [{ message: `${'x'.repeat(150)} received "${'y'.repeat(2_000)}"` }, 'x'.repeat(150)],
  [{ message: 'expected a city received Map(4711)' }, 'expected a city'],
  [{ message: 'wrong: received "a"\n"b"' }, 'wrong'],
  [{ message: 'wrong, but received [1]' }, 'wrong'],
  [{ message: 'received {4711}' }, ''],
  [{ message: 'the parcel received by Ann' }, 'the parcel received by Ann'],
])('the issue %j is shown without the value', (issue, shown) => {
  const { check } = schemaThat(() => ({ issues: [issue] }))
  expect(check({})).toMatchObject({ message: `the result does not match its schema: ${shown}` })
})

test('of many issues three are shown', () => {
  const { check } = schemaThat(() => ({ issues: ['a', 'b', 'c', 'd'].map((message) => ({ message })) }))
  expect(check({})).toMatchObject({ message: 'the result does not match its schema: a; b; c', code: 'schema_mismatch' })
})

test('a schema that validates asynchronously is an error of the check, and its rejection is handled', async () => {
  const unhandled: unknown[] = []
  const keep = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', keep)
  const { check } = schemaThat(() => Promise.reject(new Error('late')))
  expect(() => check({})).toThrow('schema() needs a schema that validates synchronously')
  await new Promise(setImmediate)
  process.off('unhandledRejection', keep)
  expect(unhandled).toEqual([])
})
