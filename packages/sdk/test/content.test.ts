import { expect, test } from 'vitest'

import { framesOf, redactSecrets } from '../src/telemetry/content.ts'

// Half a megabyte: a pattern that tries again at every character would run for minutes, and the test's time limit would end it
test.for(['a', 'a.', 'a-', 'a://', 'a@', 'a@a.', 'a1', 'basic ', 'sk-', '?'])(
  'text of %j over and over, which almost looks like a secret, does not hold redaction up',
  { timeout: 30_000 },
  (part) => {
    const text = part.repeat(524_288 / part.length)
    expect(redactSecrets(text).length).toBeLessThanOrEqual(text.length)
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
