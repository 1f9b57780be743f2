import { fc, test as property } from '@fast-check/vitest'
import { expect, expectTypeOf, test } from 'vitest'

import { experiment, InvalidOptionsError } from '../../src/index.ts'

const shares = { a: 0.2, b: 0.3, c: 0.5 }
const keyed = (name: string, variants: Record<string, number> = shares) =>
  experiment({ name, variants, key: (task: { user: string }) => task.user })

// Computed with Python: int(hashlib.sha256(f"{name}\n{key}".encode()).hexdigest()[:13], 16) / 2**52
test.each([
  ['short-prompt', 'user-1', 0.9117786184911894],
  ['short-prompt', 'user-2', 0.2139366463921375],
  ['short-prompt', 'user-3', 0.8471037945164568],
  ['short-prompt', '', 0.4184791277425006],
  ['model', 'user-1', 0.9680012629224077],
  ['model', 'Zo\u00eb \u{1f642}', 0.7598273119855767],
  ['model', 'a\nb', 0.3955703531176793],
])('assigns the key %j %j by the documented fraction of its SHA-256', (name, key, fraction) => {
  const before = experiment({ name, variants: { first: fraction, second: 1 - fraction } })
  const after = experiment({ name, variants: { first: fraction + 1e-12, second: 1 - fraction - 1e-12 } })
  expect([before.variantOf(key), after.variantOf(key)]).toEqual(['second', 'first'])
})

property.prop([fc.string(), fc.string({ minLength: 1, maxLength: 20 }).filter((name) => !/\p{Cc}/u.test(name))])(
  'a key has the same variant in every experiment of the same name, and from the arguments of the agent',
  (key, name) => {
    const variant = keyed(name).variantOf(key)
    expect([keyed(name).variantOf(key), keyed(name)({ user: key }), keyed(name).choiceOf({ user: key })?.variant]).toEqual([
      variant,
      variant,
      variant,
    ])
  },
)

test('20,000 keys are spread as the shares ask, in every one of 20 experiments', () => {
  for (let each = 0; each < 20; each++) {
    const counts = { a: 0, b: 0, c: 0 }
    const { variantOf } = keyed(`spread-${each}`)
    for (let key = 0; key < 20_000; key++) counts[variantOf(`user-${key}`) as 'a'] += 1
    // Chi-squared with 2 degrees of freedom: 18.4 is exceeded in 1 of 10,000 cases, and the keys are fixed
    const chiSquared = Object.entries(counts).reduce(
      (sum, [variant, count]) => sum + (count - 2e4 * shares[variant as 'a']) ** 2 / (2e4 * shares[variant as 'a']),
      0,
    )
    expect(chiSquared).toBeLessThan(18.4)
  }
})

test('the same keys are assigned independently in two experiments', () => {
  const [one, two] = [keyed('one', { a: 0.5, b: 0.5 }), keyed('two', { a: 0.5, b: 0.5 })]
  let equal = 0
  for (let key = 0; key < 10_000; key++) if (one.variantOf(`${key}`) === two.variantOf(`${key}`)) equal += 1
  expect(Math.abs(equal - 5_000)).toBeLessThan(200)
})

test('a larger share of the first variant moves keys only from the second to it', () => {
  const [before, after] = [keyed('ramp', { a: 0.1, b: 0.9 }), keyed('ramp', { a: 0.3, b: 0.7 })]
  for (let key = 0; key < 1_000; key++) if (before.variantOf(`${key}`) === 'a') expect(after.variantOf(`${key}`)).toBe('a')
})

test('without a key each call has a random variant; a variant with share 0 never occurs', () => {
  const random = experiment({ name: 'random', variants: { a: 0.5, b: 0.5, off: 0 } })
  const seen = new Set(Array.from({ length: 200 }, () => random()))
  expect([seen, random.unit]).toEqual([new Set(['a', 'b']), 'run'])
})

test('a call whose key is undefined has no variant', () => {
  const some = experiment({ name: 'some', variants: { a: 0.5, b: 0.5 }, key: (user: string | undefined) => user })
  expect([some(undefined), some.choiceOf(undefined)]).toEqual([undefined, undefined])
})

test('its type has the names of the variants and the arguments of the key', () => {
  const typed = experiment({ name: 'typed', variants: { a: 0.5, b: 0.5 }, key: (task: { user: string }) => task.user })
  expectTypeOf(typed).parameters.toEqualTypeOf<[{ user: string }]>()
  expectTypeOf(typed).returns.toEqualTypeOf<'a' | 'b' | undefined>()
  expectTypeOf(typed.variantOf('x')).toEqualTypeOf<'a' | 'b'>()
})

test('names every problem of the options at once', () => {
  const invalid = { name: '', variants: { a: 2, ['__other__']: -1, '': 0.1 }, key: 'user', unit: 'a\nb', weight: 1 }
  expect(problemsOf(invalid)).toEqual([
    'weight is not an option; the options are name, variants, key, unit, got 1',
    'name must be a string of 1 to 100 characters without control characters, got ""',
    'variants.a must be a number from 0 to 1, got 2',
    'variants must have names of 1 to 100 characters without control characters, other than __other__, got "__other__"',
    'variants.__other__ must be a number from 0 to 1, got -1',
    'variants must have names of 1 to 100 characters without control characters, other than __other__, got ""',
    'key must be a function, got "user"',
    String.raw`unit must be a string of 1 to 50 characters without control characters, got "a\nb"`,
  ])
})

test.each([
  ['no object', undefined, 'options must be an object, got undefined'],
  ['no variants', { name: 'x' }, 'variants must be an object with the share of each variant, got undefined'],
  ['one variant', { name: 'x', variants: { a: 1 } }, 'variants must have 2 to 10 variants, got 1'],
  ['a sum below 1', { name: 'x', variants: { a: 0.5, b: 0.4 } }, 'variants must have shares that sum to 1, got 0.9'],
  [
    'a share that is no number',
    { name: 'x', variants: { a: Number.NaN, b: 1 } },
    'variants.a must be a number from 0 to 1, got NaN',
  ],
  [
    'a unit without a key',
    { name: 'x', variants: { a: 0.5, b: 0.5 }, unit: 'user' },
    `unit must be 'run' without key, got "user"`,
  ],
])('rejects options with %s', (_, options, problem) => {
  expect(problemsOf(options)).toEqual([problem])
})

test('accepts thirds', () => {
  expect(experiment({ name: 'x', variants: { a: 1 / 3, b: 1 / 3, c: 1 / 3 } }).unit).toBe('run')
})

function problemsOf(options: unknown): string[] {
  try {
    experiment(options as never)
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.message.split('\n').map((line) => line.replace('experiment: ', ''))
  }
  return []
}
