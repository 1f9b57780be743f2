import { fc, test as property } from '@fast-check/vitest'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import {
  currentExecution,
  instrumentAgent,
  instrumentTool,
  LoopError,
  type LoopLimit,
  recoveryOf,
  type RecoveryOptions,
} from '../../src/index.ts'
import { beginToolCall } from '../../src/instrumentation.ts'
import { CountedCalls } from '../../src/run/counted-calls.ts'
import { outcomeOf } from '../run-watch.ts'

let telemetry: TestTelemetry
beforeEach(async () => void (telemetry = await startTestTelemetry()))
afterEach(() => telemetry.shutdown())

type Call = readonly [tool: string, args: readonly unknown[]]

/** Whether the second call is one too many if a call may be made once. */
function areEqual(one: Call, other: Call): boolean {
  const calls = new CountedCalls(1)
  const times = [calls.count(...one), calls.count(...other)]
  calls.clear()
  expect(times[0]).toBeUndefined()
  return times[1] === 2
}

const forever = (): Promise<never> => new Promise(() => {})

/** Runs an agent to its end; `error` is why it failed. */
async function run(loop: LoopLimit, agent: () => unknown, recovery: RecoveryOptions = { baseDelaySeconds: 0 }) {
  const fn = instrumentAgent(async () => agent(), { name: 'looper', loop, recovery, logger: false })
  return fn().then(
    (value) => ({ value, error: undefined as unknown }),
    (error: unknown) => ({ value: undefined, error }),
  )
}

/** A tool that counts its calls. */
function countedTool(name = 'search') {
  const count = { calls: 0 }
  const tool = instrumentTool((..._: unknown[]) => void (count.calls += 1), { name })
  return { tool, count }
}

test('a run is ended at call n + 1, which is not made, although its agent ignores signal and errors', async () => {
  const { tool, count } = countedTool()
  let signal: AbortSignal | undefined
  const { error } = await run({ sameToolCall: 5 }, async () => {
    signal = currentExecution()!.signal
    for (let n = 0; n < 20; n += 1) {
      try {
        tool({ query: 'x', page: 1 })
      } catch {
        // As frameworks that report the errors of tools to the model
      }
    }
    return await forever()
  })
  expect(count.calls).toBe(5)
  expect(error).toBeInstanceOf(LoopError)
  expect(error).toMatchObject({
    tool: 'search',
    calls: 6,
    message: 'the run called the tool search 6 times with equal arguments',
  })
  expect(signal?.reason).toBe(error)
  expect(recoveryOf(error)).toMatchObject({ attempts: 1, outcome: 'not_retryable' })
  expect(await outcomeOf(telemetry)).toBe('failure not_retryable (loop), attempts: loop')
})

test('whatever the limit n, n equal calls are made and the next one is not', async () => {
  for (let n = 1; n <= 20; n += 1) {
    const { tool, count } = countedTool()
    const { error } = await run({ sameToolCall: n }, () => {
      for (let call = 0; call < 50; call += 1) tool('x')
    })
    expect({ error, calls: count.calls }).toEqual({ error: new LoopError('search', n + 1), calls: n })
  }
})

test('a loop of several different calls is found', async () => {
  const { tool, count } = countedTool()
  const { error } = await run({ sameToolCall: 3 }, () => {
    for (let n = 0; n < 100; n += 1) tool({ page: n % 4 })
  })
  expect(error).toBeInstanceOf(LoopError)
  expect(count.calls).toBe(12)
})

test('calls with other arguments, of other tools and of exempt tools do not count', async () => {
  const [search, read, poll] = ['search', 'read', 'poll'].map((name) => countedTool(name).tool)
  const { value } = await run({ sameToolCall: 1, except: ['poll'] }, () => {
    for (let n = 0; n < 50; n += 1) {
      search!(n)
      read!(n)
      poll!('job-1')
    }
    return 'done'
  })
  expect(value).toBe('done')
})

test('each attempt may make the same calls again, and so may each run', async () => {
  const { tool, count } = countedTool()
  const agent = (): string => {
    for (let n = 0; n < 2; n += 1) tool('x')
    if (currentExecution()!.attempt < 4) throw new Error('flaky')
    return 'done'
  }
  for (let n = 0; n < 2; n += 1) expect(await run({ sameToolCall: 2 }, agent)).toMatchObject({ value: 'done' })
  expect(count.calls).toBe(16)
})

describe('with fallbacks', () => {
  const loop: LoopLimit = { sameToolCall: 3 }
  const recovery: RecoveryOptions = { maxRetries: 0 }
  const times = (n: number, tool: (argument: string) => void): void => {
    for (let call = 0; call < n; call += 1) tool('x')
  }

  test('each alternative may make the same calls again', async () => {
    const { tool, count } = countedTool()
    const failing = async (): Promise<string> => {
      times(3, tool)
      throw new Error('unavailable')
    }
    const last = async (): Promise<string> => {
      times(3, tool)
      return 'done'
    }
    const agent = instrumentAgent(failing, { name: 'looper', loop, recovery, fallback: [failing, last], logger: false })
    await expect(agent()).resolves.toBe('done')
    expect(count.calls).toBe(9)
  })

  test('a run that repeats itself calls no alternative, in its first attempt or in an alternative', async () => {
    const { tool, count } = countedTool()
    let later = 0
    const failing = async (): Promise<void> => {
      throw new Error('unavailable')
    }
    const looping = async (): Promise<void> => times(50, tool)
    const notCalled = async (): Promise<void> => void (later += 1)
    for (const [first, ...fallback] of [
      [looping, notCalled],
      [failing, looping, notCalled],
    ] as const) {
      const agent = instrumentAgent(first, { name: 'looper', loop, recovery, fallback, logger: false })
      await expect(agent()).rejects.toThrow(LoopError)
    }
    expect({ calls: count.calls, later }).toEqual({ calls: 6, later: 0 })
  })

  test('the tool calls of all attempts together are limited by the budget', async () => {
    const { tool, count } = countedTool()
    const failing = async (): Promise<void> => {
      times(3, tool)
      throw new Error('unavailable')
    }
    const fallback = [failing, failing]
    const budget = { toolCalls: 5 }
    const agent = instrumentAgent(failing, { name: 'looper', loop, budget, recovery, fallback, logger: false })
    await expect(agent()).rejects.toThrow('tool calls')
    expect(count.calls).toBe(5)
  })
})

describe('a tool call that a framework reports', () => {
  const report = (given: object): void => beginToolCall({ name: 'search', source: 'ai-sdk', ...given }).end()

  test('is compared by its arguments', async () => {
    const calls = (n: number) => () => {
      for (let at = 0; at < n; at += 1) report({ arguments: { query: 'x' }, callId: `call-${at}` })
    }
    expect((await run({ sameToolCall: 3 }, calls(3))).error).toBeUndefined()
    expect((await run({ sameToolCall: 3 }, calls(4))).error).toBeInstanceOf(LoopError)
  })

  test('is compared when its arguments arrive later', async () => {
    const { error } = await run({ sameToolCall: 3 }, () => {
      for (let n = 0; n < 4; n += 1) {
        const call = beginToolCall({ name: 'search', source: 'openai-agents' })
        call.setArguments('{"query":"x"}')
        call.end()
      }
    })
    expect(error).toBeInstanceOf(LoopError)
  })

  test('without arguments is not compared', async () => {
    const { error } = await run({ sameToolCall: 1 }, () => {
      for (let n = 0; n < 4; n += 1) report({})
    })
    expect(error).toBeUndefined()
  })

  test.each([
    ['with arguments', { arguments: { query: 'x' } }],
    ['without arguments', {}],
  ])('%s counts once with the instrumented function that it calls', async (_, given) => {
    const { tool, count } = countedTool()
    const { error } = await run({ sameToolCall: 3 }, () => {
      for (let n = 0; n < 5; n += 1) {
        const call = beginToolCall({ name: 'search', source: 'ai-sdk', ...given })
        call.within(() => tool({ query: 'x' }, { toolCallId: `call-${n}`, messages: [n] }))
        call.end()
      }
    })
    expect(error).toMatchObject({ calls: 4 })
    expect(count.calls).toBe(3)
  })
})

const json = fc.jsonValue({ maxDepth: 4 })
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, shuffled(inner)]),
  )
}
/** JSON with sorted keys; it is slow, and obviously right. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  )

property.prop([json])('arguments are equal whatever the order of their keys', (value) => {
  expect(areEqual(['t', [value]], ['t', [shuffled(value)]])).toBe(true)
})

property.prop([json, json], { numRuns: 1000 })('arguments are equal if their sorted JSON is', (one, other) => {
  if (sorted(one).includes('__proto__') || sorted(other).includes('__proto__')) return
  expect(areEqual(['t', [one]], ['t', [other]])).toBe(sorted(one) === sorted(other))
})

/** Tables whose rows have the same keys, other ones, or are something else. */
const cell = fc.oneof(
  fc.constantFrom(0, -0, 1, 2, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '', 'a', 'b', 'x'.repeat(300), true, null, undefined),
  fc.constantFrom<unknown>({}, { a: 1 }, [1]),
)
const row = fc.oneof(
  { weight: 5, arbitrary: fc.record({ name: cell, price: cell, stock: fc.constantFrom(1, 2) }) },
  fc.record({ stock: fc.constantFrom(1, 2), name: cell, price: cell }),
  fc.record({ name: cell }),
  cell,
)
const tables = fc.array(fc.array(row, { maxLength: 6 }), { minLength: 2, maxLength: 30 })
/** As JSON without order; values that JSON changes are written in words. */
const plainly = (value: unknown): string =>
  sorted(
    JSON.parse(
      JSON.stringify(value, (key, inner: unknown) => {
        if (typeof inner === 'number' && !Number.isFinite(inner)) return `number ${inner}`
        return inner === undefined && /^\d+$/.test(key) ? 'none' : inner
      }),
    ),
  )

property.prop([tables, fc.integer({ min: 1, max: 4 })], { numRuns: 300 })(
  'a call counts together with those before it that are equal, whatever the maximum',
  (all, max) => {
    const calls = new CountedCalls(max)
    const before = new Map<string, number>()
    for (const table of all) {
      const times = (before.get(plainly(table)) ?? 0) + 1
      before.set(plainly(table), times)
      expect(calls.count('t', [{ table }])).toBe(times > max ? times : undefined)
    }
    calls.clear()
  },
)

test('a call is compared as it was made, although its arguments change later', () => {
  const calls = new CountedCalls(1)
  const rows = Array.from({ length: 50 }, (_, at) => ({ at, name: 'a' }))
  const history = { rows }
  expect(calls.count('t', [history])).toBeUndefined()
  rows[17]!.name = 'b'
  expect(calls.count('t', [history])).toBeUndefined()
  rows[17]!.name = 'a'
  expect(calls.count('t', [history])).toBe(2)
  calls.clear()
})

test('rows that look like those before are compared by what they are', () => {
  class Row {
    readonly a = 1
  }
  const same = { a: 1 }
  const [one, other] = [new Row(), new Row()]
  const bare = Object.assign(Object.create(null) as object, same)
  const compare = (rows: unknown[], others: unknown[]) => areEqual(['t', [rows]], ['t', [others]])
  expect(compare([same, one], [same, one])).toBe(true)
  expect(compare([same, bare], [same, same])).toBe(true)
  expect(compare([same, one], [same, other])).toBe(false)
  for (const rows of [
    [same, one],
    [same, { constructor: Object, a: 1 }],
    [same, { a: 1, b: 1 }],
    [{ a: 1, b: 1 }, same],
  ])
    expect(compare(rows, [same, same])).toBe(false)
})

test('a getter that calls a tool does not change what its own call is compared by', () => {
  const asking = (text: string) => ({
    a: text,
    get b() {
      new CountedCalls(1).count('inner', [{ text: 'other', more: [1, 2, 3] }])
      return 'b'
    },
    c: text,
  })
  expect(areEqual(['t', [asking('x')]], ['t', [{ a: 'x', b: 'b', c: 'x' }]])).toBe(true)
  expect(areEqual(['t', [asking('x')]], ['t', [asking('y')]])).toBe(false)
})

test('values that only look alike differ', () => {
  const values = [
    '1',
    1,
    1n,
    true,
    'true',
    null,
    'null',
    [],
    {},
    [[]],
    { a: 1 },
    '["a"]',
    '["a"]          ',
    [{ a: 1 }],
    ['a', 'b'],
    ['ab'],
    ['a,b'],
    new Date(1),
    new URL('http://a'),
  ]
  const calls = new CountedCalls(1)
  for (const value of values) expect(calls.count('t', [value])).toBeUndefined()
  for (const value of values) expect(calls.count('t', [value])).toBe(2)
  calls.clear()
  expect(areEqual(['t', ['a', 'b']], ['t', [['a', 'b']]])).toBe(false)
  expect(areEqual(['ta', ['b']], ['t', ['ab']])).toBe(false)
})

test('missing arguments are equal to undefined ones, and objects of a class only to themselves', () => {
  class Query {
    readonly #text: string
    constructor(text: string) {
      this.#text = text
    }
    text(): string {
      return this.#text
    }
  }
  expect(areEqual(['t', ['a']], ['t', ['a', undefined]])).toBe(true)
  expect(areEqual(['t', [{ a: 1 }]], ['t', [{ a: 1, b: undefined }]])).toBe(true)
  const query = new Query('a')
  expect(areEqual(['t', [query]], ['t', [query]])).toBe(true)
  expect(areEqual(['t', [query]], ['t', [new Query('b')]])).toBe(false)
})

test('the context that a framework passes is left out, and the second argument of a tool is not', () => {
  const ofMcp = (requestId: number) => ({ signal: AbortSignal.abort(), requestId, sendNotification: () => {} })
  expect(areEqual(['t', ['a', ofMcp(1)]], ['t', ['a', ofMcp(2)]])).toBe(true)
  expect(areEqual(['t', ['a', { requestId: 1 }]], ['t', ['a', { requestId: 2 }]])).toBe(false)
})

test('numbers are equal as JavaScript compares them, and NaN to itself', () => {
  expect(areEqual(['t', [Number.NaN]], ['t', [Number.NaN]])).toBe(true)
  expect(areEqual(['t', [0]], ['t', [-0]])).toBe(true)
  expect(areEqual(['t', [Number.NaN]], ['t', [0]])).toBe(false)
})

test('a text ends where it ends, although undefined arguments at the end do not count', () => {
  expect(areEqual(['t', ['u']], ['t', ['uu']])).toBe(false)
  expect(areEqual(['t', ['u', undefined]], ['t', ['u']])).toBe(true)
})

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic
const deep = JSON.parse('['.repeat(100) + ']'.repeat(100)) as unknown
test.each([
  ['a cycle', cyclic],
  ['deep nesting', deep],
  ['a very long text', 'x'.repeat(200_000)],
  ['very many values', Array.from({ length: 5_000 }, () => 1)],
  ['a map', new Map()],
  ['bytes', new Uint8Array(8)],
])('arguments with %s are not compared', async (_, argument) => {
  const { tool } = countedTool()
  const { value } = await run({ sameToolCall: 1 }, () => {
    for (let n = 0; n < 5; n += 1) tool(argument)
    return 'done'
  })
  expect(value).toBe('done')
})

test('a getter that throws and a revoked proxy do not reach the agent', async () => {
  const { tool } = countedTool()
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const hostile = {
    get broken(): string {
      throw new Error('broken')
    },
  }
  const { value } = await run({ sameToolCall: 1 }, () => {
    for (const argument of [hostile, revoked.proxy]) tool(argument, argument)
    return 'done'
  })
  expect(value).toBe('done')
})

test('more than 1,000 different calls keep memory bounded, and a later loop is still found', async () => {
  const { tool } = countedTool()
  const { error } = await run({ sameToolCall: 3 }, () => {
    for (let n = 0; n < 3_000; n += 1) tool(n)
    for (let n = 0; n < 4; n += 1) tool('again')
  })
  expect(error).toMatchObject({ calls: 4 })
})

test('all problems of a loop limit are reported at once', () => {
  const loop = { sameToolCall: 0, except: [1], max: 3 } as never
  expect(() => instrumentAgent(() => {}, { name: 'x', loop })).toThrow(
    [
      'instrumentAgent: loop.sameToolCall must be an integer >= 1, got 0',
      'instrumentAgent: loop.except must be a list of names of tools, got an array',
      'instrumentAgent: loop.max is not an option; the options are sameToolCall, except, got 3',
    ].join('\n'),
  )
  expect(() => instrumentAgent(() => {}, { name: 'x', loop: 5 as never })).toThrow('loop must be an object, got 5')
})
