import { describe, expect, test } from 'vitest'

import { RequestBody } from '../../src/sources/wire/request-body.ts'

/** Reads a body that is sent in pieces of this size. */
function read(body: string, { size = Infinity, address = 'POST /v1', announced = undefined as unknown } = {}): RequestBody {
  const bytes = Buffer.from(body)
  const reader = new RequestBody(address, announced)
  for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, Math.min(bytes.length, at + size)))
  return reader
}

const shown = ({ model, isStream, conversationId, asksForNoModel }: RequestBody) => ({
  model,
  isStream,
  conversationId,
  asksForNoModel,
})
const nothing = { model: undefined, isStream: false, conversationId: undefined, asksForNoModel: false }

describe.each<[string, string, object]>([
  ['a model', '{"model":"m","messages":[{"model":"x","stream":true}]}', { model: 'm' }],
  ['a model for a stream', '{"stream":true,"model":"m"}', { model: 'm', isStream: true }],
  ['a model without a stream', '{"stream":false,"model":"m"}', { model: 'm' }],
  ['a stream that is a text', '{"stream":"true","model":"m"}', { model: 'm' }],
  ['a conversation by its id', '{"model":"m","conversation":"conv-1"}', { model: 'm', conversationId: 'conv-1' }],
  ['a conversation as an object', '{"model":"m","conversation":{"id":"conv-1"}}', { model: 'm', conversationId: 'conv-1' }],
  ['an empty conversation', '{"model":"m","conversation":""}', { model: 'm' }],
  ['two models', '{"model":"m","model":"other"}', { model: 'm' }],
  ['an empty model', '{"model":""}', { asksForNoModel: true }],
  ['a model that is a number', '{"model":5}', { asksForNoModel: true }],
  ['no model', '{"input":"x"}', { asksForNoModel: true }],
  ['no model, and is cut', '{"input":"x"', {}],
  ['nothing', '', {}],
])('a request with %s', (_, body, expected) => {
  test('is read, in whatever pieces it is sent', () => {
    for (const size of [Infinity, 1, 7]) expect(shown(read(body, { size }))).toEqual({ ...nothing, ...expected })
  })
})

test('the first 4 MB of a request are read', () => {
  const filler = `"text":"${'x'.repeat(4 * 1024 * 1024 + 50_000)}"`
  expect(read(`{"model":"m",${filler}}`, { size: 50_000 }).model).toBe('m')
  // Its model may follow
  expect(shown(read(`{${filler},"model":"m"}`, { size: 50_000 }))).toEqual(nothing)
})

test('equal requests have one fingerprint, and others have another one', () => {
  const body = '{"model":"m"}'
  const { fingerprint } = read(body, { announced: 13 })
  expect(read(body, { announced: 13, size: 3 }).fingerprint).toBe(fingerprint)
  for (const other of [
    read(body, { announced: 13, address: 'POST /v2' }),
    read('{"model":"n"}', { announced: 13 }),
    read(`${body} `, { announced: 13 }),
    read(body, { announced: '13' }),
  ])
    expect(other.fingerprint).not.toBe(fingerprint)
  // Of a request that failed before its body was sent
  const notSent = read('', { announced: 13 }).fingerprint
  expect(fingerprint.startsWith(notSent)).toBe(true)
  expect(read('', { announced: 14 }).fingerprint).not.toBe(notSent)
})

test('a request is captured only if content is recorded', () => {
  expect(read('{"model":"m"}').captured).toBeUndefined()
  const captured = new RequestBody('POST /v1', undefined, true)
  for (const piece of ['{"mod', 'el":"m"}']) captured.write(Buffer.from(piece))
  expect(captured.captured).toBe('{"model":"m"}')
})
