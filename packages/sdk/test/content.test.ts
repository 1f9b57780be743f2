import { describe, expect, test } from 'vitest'

import { captured, capturedMessages, framesOf, messageOf, redactSecrets } from '../src/telemetry/content.ts'
import { reportedPlaces } from '../src/telemetry/guard.ts'

test('frames hold no line of the message, even if it looks like one, and are cut', () => {
  const error = new Error('no\n    at the secret prompt (of:1:1)\n    at all')
  expect(framesOf(error)).toMatch(/^ {4}at /)
  expect(framesOf(error)).not.toMatch(/secret|at all/)
  const long = Object.assign(new Error('x'), { stack: `Error: x\n    at ${'f'.repeat(10_000)}\n`.repeat(50) })
  expect(framesOf(long)!.length).toBeLessThan(20 * 301)
  expect(framesOf(Object.assign(new Error('gone '.repeat(20)), { stack: 'Error: other\n    at f (a:1:1)' }))).toBe(
    '    at f (a:1:1)',
  )
})

describe('redaction hides', () => {
  const hides = (...texts: string[]): void => {
    for (const text of texts) expect.soft(redactSecrets(`see ${text}!`), text).toBe('see ***!')
  }
  const keeps = (...texts: string[]): void => {
    for (const text of texts) expect.soft(redactSecrets(text)).toBe(text)
  }

  test('user, password and query of an address, whatever its scheme', () => {
    expect(redactSecrets('GIT+SSH://me@host a.b-c1://u:p@h/x?y')).toBe('GIT+SSH://***@host a.b-c1://***@h/x?***')
    expect(redactSecrets('https://u@h and https://h/?q, then text')).toBe('https://***@h and https://h/?*** then text')
    expect(redactSecrets('https://@h')).toBe('https://***@h')
    expect(redactSecrets(`${'s'.repeat(31)}://u:p@h`)).toBe(`${'s'.repeat(31)}://***@h`)
    keeps('https://host/path#part', 'https://host', 'https:/u@', '://', '1http://', 'x//u:p')
  })

  test('an at sign of the path is none of a user', () => {
    keeps('https://host/@scope/name', 'https://host/a@b')
    expect(redactSecrets('https://u@host/a@b')).toBe('https://***@host/a@b')
  })

  test('what follows "bearer" or "basic", from six characters on, and shows which it was', () => {
    expect(redactSecrets('BEARER  a~b.c+/=- Basic dXNlcjpw')).toBe('BEARER *** Basic ***')
    keeps('bearer short', 'abearer abcdef', 'basic a b c d e f', 'basically nothing')
  })

  test('keys with a prefix that is known, from eight characters on', () => {
    hides('sk-12345678', 'pk_abcdefgh', 'rk-abcdefgh', 'xoxb-abcdefgh', 'ghp_abcdefgh', 'gho_abcdefgh', 'ghs_abcdefgh')
    hides('github_pat_abcdefgh', 'glpat-abcdefgh', 'AKIAABCDEFGH', 'AIzaABCDEFGH', 'sk-a-b_c-d-e')
    keeps('sk-1234567', 'skateboarding', 'task-management', 'xox-abcdefgh', 'SK-ABCDEFGH', 'ask-abcdefgh')
  })

  test('addresses of mail', () => {
    hides('a@b.c', 'Jane.Doe+x_y-z@mail-1.example.com')
    keeps('a@b', '@b.c', 'a @b.c', 'a@ b.c')
  })

  test('runs of at least 32 letters and digits that have both', () => {
    hides(`${'a'.repeat(31)}1`, `1${'a'.repeat(31)}`, `${'A'.repeat(40)}_9`)
    keeps('a'.repeat(40), '1'.repeat(40), `${'a'.repeat(30)}1`, `${'a'.repeat(31)}-1`)
  })
})

describe('the message of an error', () => {
  test('is that of any object, or the text that was thrown', () => {
    expect([new Error('a'), { message: 'b' }, 'c'].map((error) => messageOf(error))).toEqual(['a', 'b', 'c'])
    expect([{ message: 5 }, {}, null, 7].map((error) => messageOf(error))).toEqual(Array(4).fill(undefined))
  })

  test('is that of the first error that it wraps or lists and that has one', () => {
    const inner = new Error('inner')
    const errors = [
      new AggregateError([new Error(''), inner, new Error('later')]),
      new Error('', { cause: { message: 5, cause: inner } }),
      { message: 5, cause: inner },
    ]
    expect(errors.map((error) => messageOf(error))).toEqual(['inner', 'inner', 'inner'])
    expect(messageOf(new Error('', { cause: new Error('') }))).toBe('')
  })

  test('is reported unless it is disabled', () => {
    expect(messageOf('to a@b.c', true)).toBe('to ***')
    expect(messageOf('to a@b.c', false)).toBeUndefined()
    expect(messageOf('to a@b.c', (message) => message.toUpperCase())).toBe('TO A@B.C')
  })

  test('is cut to 300 characters, also from the user, who is given all of it', () => {
    expect(messageOf('x '.repeat(200))).toBe('x '.repeat(150))
    expect(messageOf('x'.repeat(9_000), (message) => `${message.length} ${message}`)).toBe(`9000 ${'x'.repeat(295)}`)
  })

  test('is searched for secrets in its first 1,200 characters, of which at most 300 are reported', () => {
    expect(messageOf(`${'https://h?'.padEnd(1_100, 'q')} tail`)).toBe('https://h?*** tail')
    expect(messageOf(`${'https://h?'.padEnd(1_198, 'q')} tail`)).toBe('https://h?*** t')
  })

  test('is absent when the redactor of the user throws or returns no text', () => {
    const fail = (): never => {
      throw new Error('a bug')
    }
    expect(messageOf('x', fail)).toBeUndefined()
    expect(messageOf('x', (() => 5) as never)).toBeUndefined()
  })
})

describe('the frames of a stack', () => {
  const frames = (count: number): string => Array.from({ length: count }, (_, index) => `    at f${index} (a.js:1:1)`).join('\n')

  test('are the lines that name a place, at most twenty', () => {
    expect(framesOf({ stack: `Error: x\n${frames(2)}\nat none\n  look at it\n  at\n  at  b\n\tat tab (a:1:1)` })).toBe(
      `${frames(2)}\n\tat tab (a:1:1)`,
    )
    expect(framesOf({ stack: frames(21) })).toBe(frames(20))
  })

  test('are looked for in 200 lines, and cut to 300 characters each', () => {
    expect(framesOf({ stack: `${'\n'.repeat(199)}${frames(1)}\n${frames(1)}` })).toBe(frames(1))
    expect(framesOf({ stack: `${'\n'.repeat(200)}${frames(1)}` })).toBeUndefined()
    expect(framesOf({ stack: `    at ${'f'.repeat(400)}` })).toBe(`    at ${'f'.repeat(293)}`)
    expect(framesOf({ stack: `${' '.repeat(299)}at f` })).toBeUndefined()
  })

  test('are none of an error without a stack, or whose stack is its message', () => {
    expect([{}, { stack: 5 }, null, 'x', { stack: 'Error: x' }].map(framesOf)).toEqual(Array(5).fill(undefined))
    expect(framesOf({ stack: 'Error:     at m\n    at m', message: '    at m\n    at m' })).toBeUndefined()
    expect([5, /a/].map((message) => framesOf({ stack: frames(1), message }))).toEqual([frames(1), frames(1)])
  })
})

test('only errors in a redactor or a value are counted', () => {
  reportedPlaces.clear()
  for (const error of [{}, { message: 5 }]) messageOf(error)
  messageOf('x', false)
  captured(1, () => undefined)
  capturedMessages(undefined)
  expect([...reportedPlaces]).toEqual([])
  const fail = (): never => {
    throw new Error('a bug')
  }
  const unreadable = { toJSON: fail }
  const swallow = [
    () => messageOf('x', fail),
    () => captured(1, fail),
    () => captured(unreadable, true),
    () => capturedMessages(unreadable),
  ]
  for (const call of swallow) {
    reportedPlaces.clear()
    call()
    expect([...reportedPlaces]).toEqual(['capture'])
  }
})

describe('a capture', () => {
  test('is text as it is and anything else as JSON, without what looks like a secret', () => {
    expect(captured('to a@b.c', true)).toBe('to ***')
    expect(captured({ to: 'a@b.c', count: 1 }, true)).toBe('{"to":"***","count":1}')
    expect(captured(undefined, true)).toBe('undefined')
  })

  test('is what the function of the user makes of it, as it is', () => {
    expect(captured({ to: 'a@b.c' }, ({ to }) => to)).toBe('a@b.c')
    expect(captured(1, () => ({ to: 'a@b.c' }))).toBe('{"to":"a@b.c"}')
    expect(captured(1, () => undefined)).toBeUndefined()
    expect(captured(1, () => 'x'.repeat(5_000))).toBe('x'.repeat(4_096))
  })

  test('is cut to 4,096 characters, and searched for secrets in twice as many', () => {
    expect(captured('x '.repeat(3_000), true)).toBe('x '.repeat(2_048))
    expect(captured(`${'https://h?'.padEnd(8_190, 'q')} tail`, true)).toBe('https://h?*** t')
  })

  test('is none when the value or the function throws', () => {
    const hostile = {
      toJSON: () => {
        throw new Error('a bug')
      },
    }
    expect(captured(hostile, true)).toBeUndefined()
    expect(captured(1, () => hostile.toJSON())).toBeUndefined()
  })

  test('writes values that JSON cannot represent as text', () => {
    expect(captured([10n, () => {}, Symbol('s'), null, undefined], true)).toBe('["10n","[function]","[symbol]",null,null]')
  })

  test('contains the same object as often as it occurs, but not within itself', () => {
    const shared = { a: 1 }
    expect(captured([shared, shared, { shared }], true)).toBe('[{"a":1},{"a":1},{"shared":{"a":1}}]')
    const inner: Record<string, unknown> = { b: { c: {} } }
    inner['again'] = inner
    expect(captured({ inner, after: { shared } }, true)).toBe(
      '{"inner":{"b":{"c":{}},"again":"[cycle]"},"after":{"shared":{"a":1}}}',
    )
  })
})
