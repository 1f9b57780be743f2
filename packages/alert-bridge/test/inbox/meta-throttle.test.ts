import { expect, test } from 'vitest'

import { metaThrottle } from '../../src/inbox/meta-throttle.ts'

const fiveMinutes = 5 * 60_000

function throttled() {
  const clock = { now: 1_000 }
  return { clock, says: metaThrottle(() => clock.now) }
}

test('the same trouble is said once in five minutes, another one beside it', () => {
  const { clock, says } = throttled()
  expect([says({ key: 'a' }), says({ key: 'a' }), says({ key: 'b' })]).toEqual([true, false, true])
  clock.now += fiveMinutes - 1
  expect(says({ key: 'a' })).toBe(false)
  clock.now += 1
  expect([says({ key: 'a' }), says({ key: 'a' })]).toEqual([true, false])
})

test('the end is said once, and only of what was said to have begun', () => {
  const { says } = throttled()
  expect(says({ key: 'a', isOver: true })).toBe(false)
  says({ key: 'a' })
  expect([says({ key: 'a', isOver: true }), says({ key: 'a', isOver: true })]).toEqual([true, false])
})

test('trouble that comes back within five minutes of what was said is not said again, nor its end', () => {
  const { clock, says } = throttled()
  says({ key: 'a' })
  clock.now += fiveMinutes - 1
  says({ key: 'a', isOver: true })
  expect([says({ key: 'a' }), says({ key: 'a', isOver: true })]).toEqual([false, false])
  clock.now += 1
  expect([says({ key: 'a' }), says({ key: 'a', isOver: true })]).toEqual([true, true])
})
