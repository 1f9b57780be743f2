import { expect, test } from 'vitest'

import { orderedId } from '../../src/outbox/rows.ts'

test('is a UUID of version 7 that begins with the time', () => {
  const id = orderedId(Date.parse('2026-11-24T02:00:00Z'))
  // as RFC 9562 has it: 48 bits of time, the version, the variant
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt(id.slice(0, 13).replace('-', ''), 16)).toBe(Date.parse('2026-11-24T02:00:00Z'))
})

test('ids of one moment are all different and sort as they were made, and before those of the next', () => {
  const ids = [...Array.from({ length: 10_000 }, () => orderedId(1_000)), orderedId(1_001)]
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.toSorted()).toEqual(ids)
})

test('an invalid time still makes an id', () => {
  expect(orderedId(-1)).toMatch(/^00000000-0000-7/)
  expect(orderedId(1.5).slice(0, 13)).toBe('00000000-0001')
})
