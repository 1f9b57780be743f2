import { expect, test } from 'vitest'

import { boundedErrorName, boundedErrorType, BoundedNames } from '../src/bounded-names.ts'

test('the first names are kept, all later ones get one name, and this is reported once', () => {
  const overflown: string[] = []
  const names = new BoundedNames(2, 'rest')
  const bound = (name: string): string => names.bound(name, (first) => overflown.push(first))
  expect(['a', 'b', 'a', 'c', 'd', 'b', 'c'].map(bound)).toEqual(['a', 'b', 'a', 'rest', 'rest', 'b', 'rest'])
  expect(overflown).toEqual(['c'])
})

test('a listener is optional, and the common name is __other__ by default', () => {
  const names = new BoundedNames(1)
  expect(['a', 'b', 'c'].map((name) => names.bound(name))).toEqual(['a', '__other__', '__other__'])
})

test('copies of this package share the error types that they know', () => {
  boundedErrorType({ status: 502 })
  const shared = Reflect.get(globalThis, Symbol.for('@swarmwatch/sdk/error-types/1')) as BoundedNames
  expect(shared.bound('502')).toBe('502')
})

test('an error type of another source has at most 100 characters', () => {
  expect([100, 101].map((length) => boundedErrorName('x'.repeat(length)))).toEqual(['x'.repeat(100), 'x'.repeat(100)])
})

test('an error type is the low-cardinality word of the error', () => {
  expect(boundedErrorType({ status: 503 })).toBe('503')
})
