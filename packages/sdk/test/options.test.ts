import { describe, expect, test } from 'vitest'

import {
  type BreakerOptions,
  configureBudgets,
  configureLoops,
  configureOnce,
  configureQuality,
  configureRecovery,
  executeWithRecovery,
  instrumentAgent,
  instrumentTool,
  InvalidOptionsError,
  startExecution,
} from '../src/index.ts'
import { wrapAgent } from '../src/instrument-agent.ts'

const message = (call: () => unknown): string => {
  try {
    call()
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('bad input is refused at once, with the option, the rule and the value', () => {
  test('no function', () => {
    expect(message(() => instrumentAgent('x' as never))).toBe('instrumentAgent: fn must be a function, got "x"')
    expect(message(() => instrumentTool(undefined as never))).toBe('instrumentTool: fn must be a function, got undefined')
  })

  test('a function without a name', () => {
    expect(message(() => instrumentAgent(async () => {}))).toBe(
      'instrumentAgent: name is required, because the function has no name, got undefined',
    )
    expect(message(() => executeWithRecovery(async () => {}))).toBe(
      'executeWithRecovery: agentName is required, because the function has no name, got undefined',
    )
  })

  test('an invalid name, under the name of its option', () => {
    const rule = 'must be a string of 1 to 200 characters'
    expect(message(() => instrumentAgent(async () => {}, { name: '' }))).toBe(`instrumentAgent: name ${rule}, got ""`)
    expect(message(() => executeWithRecovery(() => {}, { agentName: '' }))).toBe(`executeWithRecovery: agentName ${rule}, got ""`)
    expect(message(() => startExecution(''))).toBe(`startExecution: agentName ${rule}, got ""`)
    expect(message(() => startExecution(undefined as never))).toBe(`startExecution: agentName ${rule}, got undefined`)
  })

  test('options that are no object', () => {
    expect(message(() => instrumentAgent(() => {}, null as never))).toMatch(/: options must be an object, got null$/m)
    expect(message(() => executeWithRecovery(() => {}, null as never))).toMatch(/: options must be an object, got null$/m)
    expect(message(() => configureRecovery(5 as never))).toBe('configureRecovery: defaults must be an object, got 5')
    expect(message(() => configureRecovery({ agents: { reviewer: 5 } as never }))).toBe(
      'configureRecovery: agents.reviewer must be an object, got 5',
    )
    expect(message(() => configureRecovery({ agents: 'reviewer' as never }))).toBe(
      'configureRecovery: agents must be an object, got "reviewer"',
    )
  })

  test('a health window that is no number', () => {
    expect(message(() => instrumentAgent(() => {}, { name: 'x', healthWindowSeconds: '300' as never }))).toBe(
      'instrumentAgent: healthWindowSeconds must be a number of seconds from 10 to 86400, got "300"',
    )
  })

  test('every problem at once', () => {
    const options = { name: 5, retries: 3, logger: {}, healthWindowSeconds: 1, recovery: { maxRetries: -1, base: 5 } }
    expect(message(() => instrumentAgent('x' as never, options as never)).split('\n')).toEqual([
      'instrumentAgent: fn must be a function, got "x"',
      'instrumentAgent: name must be a string of 1 to 200 characters, got 5',
      expect.stringMatching(/^instrumentAgent: retries is not an option; the options are name, .*, got 3$/),
      'instrumentAgent: logger must be false or an object with warn() and error(), got an object',
      'instrumentAgent: healthWindowSeconds must be a number of seconds from 10 to 86400, got 1',
      'instrumentAgent: recovery.maxRetries must be an integer >= 0, got -1',
      expect.stringMatching(/^instrumentAgent: recovery.base is not an option; the options are maxRetries, .*, got 5$/),
    ])
  })

  test.each([
    [{ maxRetries: 1.5 }, 'recovery.maxRetries must be an integer >= 0, got 1.5'],
    [{ baseDelaySeconds: '5' }, 'recovery.baseDelaySeconds must be a number of seconds from 0 to 2147483, got "5"'],
    [{ baseDelaySeconds: Number.NaN }, 'recovery.baseDelaySeconds must be a number of seconds from 0 to 2147483, got NaN'],
    [{ exponentialFactor: 0.5 }, 'recovery.exponentialFactor must be a number >= 1, got 0.5'],
    [{ maxDelaySeconds: Infinity }, 'recovery.maxDelaySeconds must be a number of seconds from 0 to 2147483, got Infinity'],
    [{ jitter: 'half' }, "recovery.jitter must be 'none' or 'full', got \"half\""],
    [{ retryIf: true }, 'recovery.retryIf must be a function, got true'],
    [{ attemptTimeoutSeconds: 0 }, 'recovery.attemptTimeoutSeconds must be a number of seconds above 0, at most 2147483, got 0'],
  ])('recovery %j', (recovery, problem) => {
    expect(message(() => instrumentAgent(async () => {}, { name: 'x', recovery: recovery as never }))).toBe(
      `instrumentAgent: ${problem}`,
    )
  })

  test('a list in place of an object', () => {
    const lists = { recovery: { provider: [] }, attributes: [], budget: [], loop: [] }
    expect(message(() => instrumentAgent(() => {}, { name: 'x', ...lists } as never)).split('\n')).toEqual([
      'instrumentAgent: attributes must be an object, got an array',
      'instrumentAgent: budget must be an object, got an array',
      'instrumentAgent: loop must be an object, got an array',
      'instrumentAgent: recovery.provider must be an object or false, got an array',
    ])
    const [recovery, provider] = [[], { breaker: [] }]
    expect(message(() => instrumentAgent(() => {}, { name: 'x', recovery } as never))).toMatch(/: recovery must be .* an array$/)
    expect(message(() => instrumentAgent(() => {}, { name: 'x', recovery: { provider } } as never))).toBe(
      'instrumentAgent: recovery.provider.breaker must be a boolean or an object, got an array',
    )
    expect(message(() => instrumentAgent(() => {}, [] as never))).toMatch(/: options must be an object, got an array$/m)
    expect(message(() => instrumentTool(async () => {}, { name: 'x', once: [] as never }))).toMatch(/: once must be .* an array$/)
    expect(message(() => configureOnce([] as never))).toBe('configureOnce: options must be an object, got an array')
    expect(message(() => configureRecovery([] as never))).toBe('configureRecovery: defaults must be an object, got an array')
    expect(message(() => configureRecovery({ agents: { a: [] as never } }))).toMatch(/agents.a must be an object, got an array$/)
    expect(message(() => configureRecovery({ agents: [] as never }))).toMatch(/agents must be an object, got an array$/)
    expect(message(() => configureBudgets({ a: { daily: [] as never }, b: [] as never })).split('\n')).toEqual([
      'configureBudgets: a.daily must be an object, got an array',
      'configureBudgets: b must be an object, got an array',
    ])
    expect(message(() => configureBudgets([] as never))).toBe('configureBudgets: budgets must be an object, got an array')
    expect(message(() => configureLoops([] as never))).toBe('configureLoops: loops must be an object, got an array')
    expect(message(() => configureLoops({ a: [] as never }))).toBe('configureLoops: a must be an object, got an array')
    expect(message(() => configureQuality([] as never))).toMatch(/ must be an object, got an array$/)
    expect(message(() => configureQuality({ a: [] as never }))).toBe('configureQuality: a must be an object, got an array')
  })

  test('a longest time between the probes of a breaker that is below the first one', () => {
    const problemsOf = (breaker: BreakerOptions, retryBudget?: number): string[] =>
      message(() => instrumentAgent(() => {}, { name: 'x', recovery: { provider: { breaker, retryBudget } } })).split('\n')
    expect(problemsOf({ openSeconds: 30, maxOpenSeconds: 29, calls: 1 }, 2)).toEqual([
      'instrumentAgent: recovery.provider.retryBudget must be a share from 0 to 1, got 2',
      'instrumentAgent: recovery.provider.breaker.calls must be an integer from 2 to 1000, got 1',
      'instrumentAgent: recovery.provider.breaker.maxOpenSeconds must be at least openSeconds, which is 30, got 29',
    ])
    expect(problemsOf({ maxOpenSeconds: 4.9 })).toEqual([
      'instrumentAgent: recovery.provider.breaker.maxOpenSeconds must be at least openSeconds, which is 5, got 4.9',
    ])
    expect(problemsOf({ openSeconds: 0, maxOpenSeconds: -1 })).toEqual([
      'instrumentAgent: recovery.provider.breaker.openSeconds must be a number of seconds from 0.1 to 86400, got 0',
      'instrumentAgent: recovery.provider.breaker.maxOpenSeconds must be a number of seconds from 0.1 to 86400, got -1',
    ])
    for (const breaker of [{ openSeconds: 30, maxOpenSeconds: 30 }, { openSeconds: 600 }, { maxOpenSeconds: 5 }])
      expect(() => instrumentAgent(() => {}, { name: 'x', recovery: { provider: { breaker } } })).not.toThrow()
  })

  test('a policy together with recovery, or an invalid policy', () => {
    expect(message(() => instrumentAgent(async () => {}, { name: 'x', policy: {} as never }))).toBe(
      'instrumentAgent: policy must be a cockatiel policy (an object with execute()), got an object',
    )
    const policy = { execute: () => {} } as never
    expect(message(() => instrumentAgent(async () => {}, { name: 'x', policy, recovery: { maxRetries: 1 } }))).toBe(
      'instrumentAgent: recovery cannot be combined with policy, which replaces it, got an object',
    )
  })
})

test('problems can be read one by one', () => {
  try {
    instrumentAgent(async () => {}, { name: 'x', recovery: { maxRetries: -1 } })
  } catch (error) {
    expect((error as InvalidOptionsError).problems).toEqual([
      { option: 'recovery.maxRetries', rule: 'must be an integer >= 0', value: -1 },
    ])
  }
  expect.assertions(1)
})

test('every option has an effect: wrapping or calling an agent reads it', async () => {
  const read = new Set<PropertyKey>()
  const options = new Proxy({}, { get: (_, key) => void read.add(key) })
  const known = /the options are (.*), got/.exec(message(() => instrumentAgent(() => {}, { name: 'x', unknown: 1 } as never)))
  let calls = 0
  const agent = wrapAgent(
    async () => {
      calls += 1
      if (calls === 1) throw Object.assign(new Error('bad request'), { status: 400 })
      return calls
    },
    'reads-options',
    options,
  )
  await agent().catch(() => {})
  await agent()
  // `checkAgent()` has read the name already
  expect(known?.[1]?.split(', ').filter((option) => option !== 'name' && !read.has(option))).toEqual([])
})
