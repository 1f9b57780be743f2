import { expect, test } from 'vitest'

import { isFarOff } from '../src/part.ts'

test('a ratio is far off when it misses its goal by more than twice, and when it is no number', () => {
  const cost = (value: number) => isFarOff({ what: 'a call against the same by hand', value, goal: { atMost: 1.15 } })
  expect([1, 1.15, 2.3, 2.31, Number.NaN].map(cost)).toEqual([false, false, false, true, true])
  const speed = (value: number) => isFarOff({ what: 'acknowledgements against a bare server', value, goal: { atLeast: 0.8 } })
  expect([1.2, 0.8, 0.4, 0.39, Number.NaN].map(speed)).toEqual([false, false, false, true, true])
})
