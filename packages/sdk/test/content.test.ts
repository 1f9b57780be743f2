import { expect, test } from 'vitest'

import { framesOf, redactSecrets } from '../src/telemetry/content.ts'

test.for(['a', 'a.', 'a-', 'a://', 'a@', 'a@a.', 'a1', 'basic ', 'sk-', '?'])(
  'text of %j over and over, which almost looks like a secret, takes no time to redact',
  (part) => {
    const text = part.repeat(8192 / part.length)
    const times = Array.from({ length: 5 }, () => {
      const began = performance.now()
      redactSecrets(text)
      return performance.now() - began
    })
    expect(Math.min(...times)).toBeLessThan(25)
  },
)

test('frames hold no line of the message, even if it looks like one, and are cut', () => {
  const error = new Error('no\n    at the secret prompt (of:1:1)\n    at all')
  expect(framesOf(error)).toMatch(/^ {4}at /)
  expect(framesOf(error)).not.toMatch(/secret|at all/)
  const long = Object.assign(new Error('x'), { stack: `Error: x\n    at ${'f'.repeat(1_000_000)}\n`.repeat(50) })
  expect(framesOf(long)!.length).toBeLessThan(20 * 301)
  expect(framesOf(Object.assign(new Error('gone '.repeat(20)), { stack: 'Error: other\n    at f (a:1:1)' }))).toBe(
    '    at f (a:1:1)',
  )
})
