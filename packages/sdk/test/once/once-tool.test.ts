import { setImmediate } from 'node:timers/promises'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  configureOnce,
  currentExecution,
  currentTool,
  errorType,
  instrumentAgent,
  instrumentTool,
  isRetryable,
  memoryOnceStore,
  OnceError,
  type OnceOptions,
  type OnceStore,
  UncertainEffectError,
} from '../../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(async () => {
  configureOnce({ store: memoryOnceStore() })
  await telemetry.shutdown()
})

const recovery = { baseDelaySeconds: 0 }
const busy = (): Error => Object.assign(new Error('busy'), { status: 503 })

/** A bank whose payments are counted. */
function openBank(
  once: true | OnceOptions<[amount: number], string> = true,
  answer: (call: number) => string = (call) => `paid ${call}`,
) {
  const payments: number[] = []
  const keys: string[] = []
  const pay = instrumentTool(
    async (amount: number) => {
      keys.push(currentTool()!.idempotencyKey)
      const text = answer(keys.length)
      payments.push(amount)
      return text
    },
    { name: 'pay', once },
  )
  return { payments, keys, pay }
}

/** Runs `attempts` one after the other; all but the last fail afterwards. */
function runAttempts<T>(...attempts: (() => Promise<T>)[]): Promise<T> {
  let number = 0
  const agent = instrumentAgent(
    async () => {
      const result = await attempts[number++]!()
      if (number < attempts.length) throw busy()
      return result
    },
    { name: 'payer', recovery, logger: false },
  )
  return agent()
}

test('a once tool that succeeded in an earlier attempt returns its result and is not called again', async () => {
  const { payments, pay } = openBank()
  expect(
    await runAttempts(
      () => pay(5),
      () => pay(5),
      () => pay(5),
    ),
  ).toBe('paid 1')
  expect(payments).toEqual([5])
})

test('a once tool is called in each run, and for other arguments', async () => {
  const { payments, pay } = openBank()
  await runAttempts(
    () => pay(5),
    () => pay(6),
  )
  await runAttempts(() => pay(5))
  expect(payments).toEqual([5, 6, 5])
})

test('equal calls of one attempt are separate effects, and the next attempt repeats none of them', async () => {
  const { payments, keys, pay } = openBank()
  const twice = async () => [await pay(5), await pay(5)]
  expect(await runAttempts(twice, twice)).toEqual(['paid 1', 'paid 2'])
  expect(payments).toEqual([5, 5])
  expect(new Set(keys).size).toBe(2)
})

test('an attempt that asks for more equal calls than the one before makes only the new ones', async () => {
  const { payments, pay } = openBank()
  expect(
    await runAttempts(
      async () => [await pay(5)],
      async () => [await pay(5), await pay(5)],
    ),
  ).toEqual(['paid 1', 'paid 2'])
  expect(payments).toEqual([5, 5])
})

test('with a key of its own, equal calls of one attempt are one effect', async () => {
  const { payments, pay } = openBank({ key: () => 'invoice-7' })
  const twice = () => Promise.all([pay(5), pay(6)])
  expect(await runAttempts(twice, twice)).toEqual(['paid 1', 'paid 1'])
  expect(payments).toEqual([5])
})

test('a once tool that failed is called again with the same idempotency key', async () => {
  const { payments, keys, pay } = openBank(true, (call) => {
    if (call === 1) throw busy()
    return 'paid'
  })
  expect(
    await runAttempts(
      () => pay(5).catch(() => 'no'),
      () => pay(5),
    ),
  ).toBe('paid')
  expect(payments).toEqual([5])
  expect(keys).toEqual([keys[0], keys[0]])
  expect(keys[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

test('a failed call that its attempt repeats with success is not repeated by the next attempt', async () => {
  const { payments, pay } = openBank(true, (call) => {
    if (call === 1) throw busy()
    return `paid ${call}`
  })
  const first = () => pay(5).catch(() => pay(5))
  expect(await runAttempts(first, () => pay(5))).toBe('paid 2')
  expect(payments).toEqual([5])
})

test('the second of two calls is reused although the first one failed', async () => {
  const { payments, pay } = openBank(true, (call) => {
    if (call === 1) throw busy()
    return `paid ${call}`
  })
  await runAttempts(
    () => Promise.all([pay(5).catch(() => 'no'), pay(5)]),
    async () => [await pay(5)],
  )
  expect(payments).toEqual([5])
})

test('an attempt waits for the call of an earlier attempt that was given up and still runs', async () => {
  const held = Promise.withResolvers<string>()
  let calls = 0
  const pay = instrumentTool(() => (++calls, held.promise), { name: 'pay', once: true })
  let attempt = 0
  const agent = instrumentAgent(
    () => {
      attempt += 1
      const paid = pay()
      if (attempt === 1) throw busy()
      queueMicrotask(() => held.resolve('paid'))
      return paid
    },
    { name: 'payer', recovery, logger: false },
  )
  expect(await agent()).toBe('paid')
  expect(calls).toBe(1)
})

test('a late call of an attempt that was given up is not numbered as one of the current attempt', async () => {
  const { payments, pay } = openBank()
  const late = Promise.withResolvers<void>()
  let leftBehind: Promise<string> | undefined
  let attempt = 0
  const agent = instrumentAgent(
    async () => {
      attempt += 1
      if (attempt === 1) {
        leftBehind = late.promise.then(() => pay(5))
        throw busy()
      }
      late.resolve()
      await leftBehind
      return pay(5)
    },
    { name: 'payer', recovery, logger: false },
  )
  expect(await agent()).toBe('paid 1')
  expect(payments).toEqual([5])
})

const nameOf = (error: unknown): string => (error as Error).name
const interrupted = (): Error => new DOMException('gave up', 'TimeoutError')

test('the line of a run with an uncertain effect contains the key to look it up by, and so does the record of the run', async () => {
  const { keys, pay } = openBank(true, () => {
    throw interrupted()
  })
  const lines: string[] = []
  const logger = { warn: () => {}, error: (line: string) => void lines.push(line) }
  const agent = instrumentAgent(() => pay(5), { name: 'payer', recovery, logger })
  await agent().catch(() => {})
  expect(lines).toEqual([expect.stringContaining(`(UncertainEffectError): the effect of the tool pay may have happened`)])
  expect(lines[0]).toContain(keys[0])
  expect(telemetry.executions()[0]!.errorMessage).toContain(keys[0])
})

test('a call that timed out is not repeated: the run fails at once with the tool, the key and the cure', async () => {
  const { keys, pay } = openBank(true, () => {
    throw interrupted()
  })
  let attempts = 0
  const agent = instrumentAgent(
    async () => {
      attempts += 1
      return await pay(5).catch((error: unknown) => {
        throw attempts === 1 ? busy() : error
      })
    },
    { name: 'payer', recovery, logger: false },
  )
  const error = await agent().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(UncertainEffectError)
  expect(error).toMatchObject({ tool: 'pay', idempotencyKey: keys[0], cause: { name: 'TimeoutError' } })
  expect((error as Error).message).toContain('once.onUncertain')
  expect({ attempts, calls: keys.length }).toEqual({ attempts: 2, calls: 1 })
  expect(telemetry.executions()[0]).toMatchObject({ errorType: 'UncertainEffectError' })
  expect(isRetryable(error)).toBe(false)
  expect(errorType(error)).toBe('UncertainEffectError')
})

test('a call that timed out is not repeated by its own attempt, or by one that catches the error', async () => {
  const { keys, pay } = openBank(true, (call) => {
    if (call === 1) throw interrupted()
    return 'paid'
  })
  const askTwice = async () => [await pay(5).catch(nameOf), await pay(5).catch(nameOf)]
  expect(await runAttempts(askTwice)).toEqual(['TimeoutError', 'UncertainEffectError'])
  expect(keys).toHaveLength(1)
  keys.length = 0
  const failing = () => Promise.reject(new RangeError('not found'))
  const asked = openBank({ onUncertain: failing }, () => {
    throw interrupted()
  })
  const ask = () => asked.pay(5).catch(nameOf)
  const uncertain = async () => [await ask(), await ask(), await ask()]
  expect(await runAttempts(uncertain, uncertain)).toEqual(['RangeError', 'RangeError', 'RangeError'])
  expect(asked.keys).toHaveLength(1)
})

test("onUncertain 'retry' repeats a call that timed out, with the same idempotency key", async () => {
  const { payments, keys, pay } = openBank({ onUncertain: 'retry' }, (call) => {
    if (call === 1) throw interrupted()
    return 'paid'
  })
  expect(
    await runAttempts(
      () => pay(5).catch(() => ''),
      () => pay(5),
      () => pay(5),
    ),
  ).toBe('paid')
  expect({ payments, keys }).toEqual({ payments: [5], keys: [keys[0], keys[0]] })
})

test('a function as onUncertain finds the result, or calls the tool, and later attempts reuse it', async () => {
  for (const found of ['found', undefined]) {
    const asked: string[] = []
    const onUncertain = async (key: string, run: () => Promise<string>) => {
      asked.push(key)
      return found ?? run()
    }
    const { keys, pay } = openBank({ onUncertain }, (call) => {
      if (call === 1) throw interrupted()
      return 'paid'
    })
    expect(
      await runAttempts(
        () => pay(5).catch(() => ''),
        () => pay(5),
        () => pay(5),
      ),
    ).toBe(found ?? 'paid')
    expect({ asked, calls: keys.length }).toEqual({ asked: [keys[0]], calls: found === undefined ? 2 : 1 })
  }
})

test('uncertainIf decides after which errors the outcome is unknown', async () => {
  const { keys, pay } = openBank({ uncertainIf: (error) => (error as { code?: string }).code === 'ECONNRESET' }, (call) => {
    throw call === 1 ? interrupted() : Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  })
  const ask = () => pay(5).catch((error: unknown) => (error as Error).name)
  expect(await runAttempts(ask, ask, ask)).toBe('UncertainEffectError')
  expect(keys).toHaveLength(2)
})

test('key and uncertainIf that reject do not end the process', async () => {
  const rejects = (() => Promise.reject(new Error('broken'))) as never
  const unhandled: unknown[] = []
  const keep = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', keep)
  const fails = () => {
    throw busy()
  }
  for (const once of [{ key: rejects }, { uncertainIf: rejects }]) {
    const { pay } = openBank(once, fails)
    await runAttempts(() => pay(5).catch(nameOf))
  }
  await setImmediate()
  process.off('unhandledRejection', keep)
  expect(unhandled).toEqual([])
})

test('a tool is not called if its run is stopped while the store records the call', async () => {
  const recorded = Promise.withResolvers<undefined>()
  const store = { ...memoryOnceStore(), begin: () => recorded.promise }
  const { keys, pay } = openBank({ store })
  let paid: Promise<string> | undefined
  const agent = instrumentAgent(
    async () => {
      paid = pay(5).catch(nameOf)
      await setImmediate()
      currentExecution()!.addCost(2)
    },
    { name: 'payer', budget: { usd: 1 }, logger: false },
  )
  expect(await agent().catch(nameOf)).toBe('BudgetExceededError')
  recorded.resolve(undefined)
  expect(await paid).toBe('BudgetExceededError')
  expect(keys).toEqual([])
})

test('outside a run a once tool is called each time, and has no idempotency key', async () => {
  const keys: unknown[] = []
  const pay = instrumentTool(async () => keys.push(currentTool()), { name: 'pay', once: true })
  expect([await pay(), await pay()]).toEqual([1, 2])
  expect(keys).toEqual([undefined, undefined])
})

test('arguments that cannot be compared are an error before the tool is called', async () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  class Client {}
  let calls = 0
  const tool = instrumentTool(async (_argument: unknown) => ++calls, { name: 'tool', once: true })
  for (const argument of [() => {}, Symbol('x'), new Client(), cycle, { deep: new Client() }, 'x'.repeat(70_000)]) {
    const error = await runAttempts(() => tool(argument).catch((reason: unknown) => reason))
    expect(error).toBeInstanceOf(OnceError)
    expect(error).toMatchObject({ reason: 'unkeyable_arguments', tool: 'tool' })
    expect(isRetryable(error)).toBe(false)
  }
  expect(calls).toBe(0)
})

test('equal arguments are one call whatever their order and signal, and different ones never are', async () => {
  let calls = 0
  const tool = instrumentTool(async (..._arguments: unknown[]) => ++calls, { name: 'tool', once: true })
  const signal = () => new AbortController().signal
  const equal: [unknown[], unknown[]][] = [
    [[{ a: 1, b: { c: 2, d: 3 } }], [{ b: { d: 3, c: 2 }, a: 1 }]],
    [[1, undefined], [1]],
    [[{ a: undefined }], [{}]],
    [
      [{ to: 'x', signal: signal() }, signal()],
      [{ to: 'x', signal: signal() }, signal()],
    ],
    [
      [{ to: 'x' }, { toolCallId: 'call-1', messages: [1] }],
      [{ to: 'x' }, { toolCallId: 'call-2', messages: [1, 2] }],
    ],
    [
      [new Date(5), new Map([[1, 2]]), new Set([1]), 5n, Buffer.from('x')],
      [new Date(5), new Map([[1, 2]]), new Set([1]), 5n, Buffer.from('x')],
    ],
  ]
  for (const [one, other] of equal) {
    calls = 0
    await runAttempts(
      () => tool(...one),
      () => tool(...other),
    )
    expect({ one, calls }).toEqual({ one, calls: 1 })
  }
  const different: [unknown, unknown][] = [
    [1, '1'],
    [0, -0],
    [null, undefined],
    [1, 1n],
    [[1, 2], [[1, 2]]],
    [[], {}],
    [new Date(5), 5],
    [new Date(5), 'date:5'],
    [new Set([1]), [1]],
    [new Map([[1, 2]]), [[1, 2]]],
    ['{}', {}],
    [{ a: 'b,"c":"d' }, { a: 'b', c: 'd' }],
    [new Uint8Array([1]), new Int8Array([1])],
  ]
  for (const [one, other] of different) {
    calls = 0
    await runAttempts(
      () => tool(one),
      () => tool(other),
    )
    expect({ one, calls }).toEqual({ one, calls: 2 })
  }
})

test('a key option that throws, or returns no short text, is an error before the tool is called', async () => {
  for (const key of [
    () => '',
    () => 5 as never,
    () => 'x'.repeat(501),
    () => {
      throw new Error('no')
    },
  ]) {
    const { payments, pay } = openBank({ key })
    const error = await runAttempts<unknown>(() => pay(5).catch((reason: unknown) => reason))
    expect(error).toMatchObject({ name: 'OnceError', reason: 'invalid_key' })
    expect(payments).toEqual([])
  }
})

test('every problem of once is reported at once', () => {
  const once = { key: 5, onUncertain: 'ask', uncertainIf: 1, store: {}, storeTimeoutSeconds: 0, keys: 1 } as never
  expect(() => instrumentTool(async () => 1, { name: '', once })).toThrowErrorMatchingInlineSnapshot(`
    [InvalidOptionsError: instrumentTool: name must be a string of 1 to 200 characters, got ""
    instrumentTool: once.key must be a function, got 5
    instrumentTool: once.onUncertain must be 'retry', 'fail' or a function, got "ask"
    instrumentTool: once.uncertainIf must be a function, got 1
    instrumentTool: once.store must be a OnceStore; it has no load, begin, succeed, remove, isDurable, got an object
    instrumentTool: once.storeTimeoutSeconds must be a number of seconds above 0, at most 3600, got 0
    instrumentTool: once.keys is not an option; the options are key, onUncertain, uncertainIf, store, storeTimeoutSeconds, got 1]
  `)
  expect(() => instrumentTool(async () => 1, { name: 'x', once: 'yes' as never })).toThrow('once must be true or an object')
  expect(() => instrumentTool(async function* () {} as never, { name: 'x', once: true })).toThrow('generator function')
  expect(() => configureOnce({ store: 5, stores: 1 } as never)).toThrow(/stores is not an option.*\n.*store must be a OnceStore/)
})

test('a reused result is counted, marked on its span and in the record, and has no duration', async () => {
  const { pay } = openBank()
  await runAttempts(
    () => pay(5),
    () => pay(5),
  )
  const spans = telemetry.spans().filter(({ name }) => name === 'execute_tool pay')
  expect(spans.map(({ attributes }) => attributes['swarmwatch.tool.reused'])).toEqual([undefined, true])
  expect(await telemetry.sum('agent.tool.reused', { 'agent.name': 'payer', 'gen_ai.tool.name': 'pay' })).toBe(1)
  expect(await telemetry.sum('agent.tool.uncertain')).toBe(0)
  expect(await telemetry.sum('gen_ai.execute_tool.duration')).toBe(1)
})

/** A store in memory whose methods can fail. */
function brokenStore(broken: { method?: keyof OnceStore }, isDurable = true): OnceStore {
  const store = memoryOnceStore()
  const check = (method: keyof OnceStore): void => {
    if (broken.method === method) throw Object.assign(new Error('disk full'), { code: 'ENOSPC' })
  }
  return {
    isDurable,
    load: (id) => (check('load'), store.load(id)),
    begin: (call, owner) => {
      const known = store.begin(call, owner)
      // As when the answer of a database is lost
      check('begin')
      return known
    },
    succeed: (call, result) => (check('succeed'), store.succeed(call, result)),
    remove: (call, owner) => (check('remove'), store.remove(call, owner)),
  }
}

test.each(['load', 'begin'] as const)(
  'a store that fails in %s keeps the tool from being called until it works',
  async (method) => {
    const broken: { method?: keyof OnceStore } = { method }
    const { payments, pay } = openBank({ store: brokenStore(broken) })
    let first: unknown
    const result = await runAttempts(
      () =>
        pay(5).catch((error: unknown) => {
          first = error
          delete broken.method
          return ''
        }),
      () => pay(5),
    )
    expect(first).toMatchObject({ name: 'OnceError', reason: 'store_unavailable', cause: { code: 'ENOSPC' } })
    expect(isRetryable(first)).toBe(true)
    expect({ result, payments }).toEqual({ result: 'paid 1', payments: [5] })
  },
)

test.each(['succeed', 'remove'] as const)(
  'a store that fails in %s changes nothing for this process, and is reported',
  async (method) => {
    const lines: string[] = []
    const logger = { warn: (line: string) => lines.push(line), error: (line: string) => lines.push(line) }
    let calls = 0
    const pay = instrumentTool(
      async () => {
        calls += 1
        if (method === 'remove' && calls === 1) throw busy()
        return 'paid'
      },
      { name: 'pay', once: { store: brokenStore({ method }) } },
    )
    let attempt = 0
    const agent = instrumentAgent(
      async () => {
        attempt += 1
        const paid = await pay()
        if (attempt < 3) throw busy()
        return paid
      },
      { name: 'payer', recovery, logger },
    )
    expect(await agent()).toBe('paid')
    expect(calls).toBe(method === 'remove' ? 2 : 1)
    expect(lines.filter((line) => line.startsWith('[ONCE]'))).toHaveLength(1)
    expect(await telemetry.sum('agent.tool.uncertain')).toBe(1)
  },
)

test('a result that JSON cannot hold is returned, shared by the attempts, and reported with a durable store', async () => {
  const store = brokenStore({})
  let calls = 0
  const tool = instrumentTool(async () => (++calls, new Date(5)), { name: 'tool', once: { store } })
  expect(
    await runAttempts(
      () => tool(),
      () => tool(),
    ),
  ).toEqual(new Date(5))
  expect(calls).toBe(1)
  expect(await telemetry.sum('agent.tool.uncertain')).toBe(1)
})

/** A tool `pay` whose code differs for each kind. */
function toolOf(kind: 'card' | 'transfer', paid: string[], once: true | OnceOptions<[number], string>) {
  const options = { name: 'pay', once }
  return kind === 'card'
    ? instrumentTool(async (amount: number) => (paid.push('by card'), `card ${amount}`), options)
    : instrumentTool(async (amount: number) => (paid.push('by transfer'), `transfer ${amount}`), options)
}

test.each<true | OnceOptions<[number], string>>([true, { key: () => 'invoice' }])(
  'two tools of one name in an attempt never share a result (once: %o)',
  async (once) => {
    const paid: string[] = []
    const refused = runAttempts(async () => {
      await toolOf('card', paid, once)(5)
      return toolOf('transfer', paid, once)(5)
    })
    await expect(refused).rejects.toMatchObject({ name: 'OnceError', reason: 'name_taken', code: 'once_name_taken' })
    await expect(refused).rejects.toThrow('name each tool with once differently')
    expect(paid).toEqual(['by card'])
  },
)

test('a tool that is made again in each attempt, or replaced by another one of its name, takes over its results', async () => {
  const paid: string[] = []
  const result = await runAttempts(
    () => toolOf('card', paid, { key: () => 'invoice' })(5),
    () => toolOf('card', paid, { key: () => 'invoice' })(5),
    () => toolOf('transfer', paid, { key: () => 'invoice' })(5),
  )
  expect({ result, paid }).toEqual({ result: 'card 5', paid: ['by card'] })
})

test('a run makes at most 10,000 different once calls; the next one is refused before its effect', async () => {
  let calls = 0
  const tool = instrumentTool(async (_number: number) => void ++calls, { name: 'tool', once: true })
  const error = await runAttempts<unknown>(async () => {
    for (let number = 0; number < 10_000; number += 1) await tool(number)
    return tool(10_000).catch((reason: unknown) => reason)
  })
  expect(error).toMatchObject({ name: 'OnceError', reason: 'too_many_calls' })
  expect(calls).toBe(10_000)
})

test('the store in memory holds nothing of a run that has ended, also if an attempt that was given up calls later', async () => {
  const store = memoryOnceStore()
  const tool = instrumentTool(async (_number: number) => 1, { name: 'tool', once: { store } })
  const late = Promise.withResolvers<void>()
  let leftBehind: Promise<number> | undefined
  await runAttempts(async () => {
    leftBehind = late.promise.then(() => tool(2))
    return tool(1)
  })
  const { id } = telemetry.executions()[0]!
  late.resolve()
  expect(await leftBehind).toBe(1)
  expect(store.load(id)).toEqual([])
})
