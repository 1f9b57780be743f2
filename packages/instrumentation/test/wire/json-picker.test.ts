import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'

import { EventStream } from '../../src/sources/wire/event-stream.ts'
import { JsonPicker, type PickedValue, pickPlan, type WrittenPlan } from '../../src/sources/wire/json-picker.ts'

const written: WrittenPlan = { a: 'a', b: { '': 'b', c: 'b.c', a: { c: 'b.a.c' } } }
type Picked = readonly [name: string, value: PickedValue]

/** The values that a plan picks from a parsed document: arrays are transparent. */
function expected(value: unknown, plan: string | WrittenPlan): Picked[] {
  if (Array.isArray(value)) return typeof plan === 'string' ? [] : value.flatMap((each) => expected(each, plan))
  if (typeof value === 'object' && value !== null)
    return typeof plan === 'string'
      ? []
      : Object.entries(value).flatMap(([key, each]) => (key !== '' && Object.hasOwn(plan, key) ? expected(each, plan[key]!) : []))
  const name = typeof plan === 'string' ? plan : plan['']
  return value === null || typeof name !== 'string' ? [] : [[name, value as PickedValue]]
}

function pick(pieces: readonly Buffer[]): Picked[] {
  const picked: Picked[] = []
  const picker = new JsonPicker(pickPlan(written), (name, value) => picked.push([name, value]))
  for (const piece of pieces) picker.write(piece)
  picker.end()
  return picked
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place))
}

const key = fc.constantFrom('a', 'b', 'c', 'ключ', 'd', '"', '\\', '')
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom('"a":1', '\\', '\\"', '{"b":2}', '\ud800'))
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    text,
    fc.array(tie('document'), { maxLength: 4 }),
    fc.dictionary(key, tie('document'), { maxKeys: 5 }),
  ),
}))

// A number, text or null alone is no document of any API
const root = fc.oneof(fc.array(document), fc.dictionary(key, document))

test.prop([root, fc.array(fc.nat()), fc.constantFrom(undefined, 1, '\t')])(
  'a picker finds what JSON.parse finds, wherever the pieces are cut',
  (value, cuts, indent) => {
    const json = JSON.stringify(value, null, indent)
    expect(pick(cut(Buffer.from(json), cuts))).toEqual(expected(JSON.parse(json), written))
  },
)

test.prop([
  fc.array(fc.oneof(fc.uint8Array(), fc.constantFrom('{', '}', '[', '"', '\\', ',', ':', '{"a":', '1e9', '"b":{"c":'))),
])('a picker reads any bytes without an error', (pieces) => {
  expect(() => pick(pieces.map((piece) => Buffer.from(piece as string)))).not.toThrow()
})

function pickEvents(pieces: readonly Buffer[]): unknown {
  const picked: Picked[] = []
  const stream = new EventStream(new JsonPicker(pickPlan(written), (name, value) => picked.push([name, value])))
  for (const piece of pieces) stream.write(piece)
  return { picked, events: stream.events, isDone: stream.isDone }
}

const field = fc.oneof(
  root.map((value) => `data: ${JSON.stringify(value)}`),
  fc.constantFrom('', 'data: [DONE]', 'event: x', ': comment', 'data', 'data:', 'data: {"a":', 'id: 1', '{"a":1}'),
)

test.prop([fc.array(field), fc.array(fc.nat()), fc.constantFrom('\n', '\r\n')])(
  'a stream of events is read the same way, wherever its pieces are cut',
  (lines, cuts, end) => {
    const bytes = Buffer.from(lines.map((line) => line + end).join(''))
    expect(pickEvents(cut(bytes, cuts))).toEqual(pickEvents([bytes]))
  },
)

test.prop([fc.array(fc.oneof(fc.uint8Array(), fc.constantFrom('data:', '\n', '\r', '\0', ' ', '[', '{"a":')))])(
  'a stream of any bytes is read without an error',
  (pieces) => {
    expect(() => pickEvents(pieces.map((piece) => Buffer.from(piece as string)))).not.toThrow()
  },
)

test.each([
  { what: 'an incomplete event', stream: `data: {"skipped":[{\n\ndata: {"a":1}\n\n` },
  { what: 'an incomplete event with CRLF', stream: `data: {"skipped":[{\r\n\r\ndata: {"a":1}\r\n\r\n` },
  { what: 'an event whose payload continues', stream: `data: {"skipped":[0],\ndata: "a":1}\n\n` },
  { what: 'a line that begins like data', stream: `data: {"skipped":[{\n\ndat\n\ndata: {"a":1}\n\n` },
  { what: 'an event without a payload', stream: `data:\ndata:  \n\ndata: {"a":1}\n\n` },
])('the event after $what is read', ({ stream }) => {
  expect(pickEvents([Buffer.from(stream)])).toMatchObject({ picked: [['a', 1]], events: 1, isDone: false })
})
