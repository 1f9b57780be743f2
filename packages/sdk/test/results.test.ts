import { runInThisContext } from 'node:vm'

import { describe, expect, test } from 'vitest'

import { currentExecution, instrumentAgent, instrumentTool } from '../src/index.ts'

const quick = { name: 'reviewer', recovery: { maxRetries: 2, baseDelaySeconds: 0 }, logger: false } as const

type Settled = { readonly value: unknown } | { readonly error: unknown }

/** How a call comes out for one who awaits it; a value is boxed, so that no `then` of its own is asked again. */
async function settle(call: () => unknown): Promise<Settled> {
  try {
    return { value: await call() }
  } catch (error) {
    return { error }
  }
}

/** A function that counts its calls. Not a spy: that one looks at what it returns. */
function counted(fn: () => unknown): (() => unknown) & { calls: number } {
  const counting = Object.assign(
    () => {
      counting.calls += 1
      return fn()
    },
    { calls: 0 },
  )
  return counting
}

/** An object whose traps throw for everything but the `then` that `await` asks for. */
const guardedProxy = (): object => {
  const refuse = (): never => {
    throw new Error('hands off')
  }
  return new Proxy(
    {},
    { getPrototypeOf: refuse, ownKeys: refuse, has: refuse, get: (_, key) => (key === 'then' ? undefined : refuse()) },
  )
}

describe('returns a value unchanged', () => {
  const values: Record<string, unknown> = {
    undefined: undefined,
    null: null,
    NaN: Number.NaN,
    'minus zero': -0,
    'an empty string': '',
    false: false,
    'a big integer': 10n,
    'a symbol': Symbol('value'),
    'a function': () => {},
    'an array': [1, 2],
    'a frozen object': Object.freeze({ answer: 42 }),
    'an object without a prototype': Object.create(null),
    'an error that is only returned': new Error('returned'),
    'a transparent proxy': new Proxy({}, {}),
    'a proxy whose traps throw': guardedProxy(),
    'an object that only says it is a generator': { [Symbol.toStringTag]: 'AsyncGenerator' },
    'an object that only says it is a ReadableStream': Object.create(ReadableStream.prototype),
    'a ReadableStream that somebody reads already': (() => {
      const stream = new ReadableStream()
      stream.getReader()
      return stream
    })(),
    'a Node.js-like stream': { pipe() {}, [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('read')) }) },
  }
  test.for(Object.entries(values))('%s', async ([, value]) => {
    const returns = counted(() => value)
    const settled = [
      await settle(instrumentAgent(returns, quick)),
      await settle(instrumentAgent(async () => value, quick)),
      await settle(instrumentTool(() => value, { name: 'tool' })),
    ]
    for (const one of settled) expect('value' in one && Object.is(one.value, value)).toBe(true)
    expect(returns.calls).toBe(1)
  })
})

describe('a thenable is awaited as await does', () => {
  const reason = new Error('refused')
  type Then = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => unknown
  // oxlint-disable-next-line unicorn/no-thenable -- that is what this is about
  const thenable = (then: Then): unknown => ({ then })
  const kinds: Record<string, () => unknown> = {
    'whose then() returns nothing': () => thenable((resolve) => resolve('chunk')),
    'that settles later': () => thenable((resolve) => queueMicrotask(() => resolve('later'))),
    'that resolves with another one': () => thenable((resolve) => resolve(thenable((inner) => inner('inner')))),
    'that resolves twice': () => thenable((resolve) => (resolve('first'), resolve('second'))),
    'that rejects': () => thenable((_, reject) => reject(reason)),
    'that rejects with undefined': () => thenable((_, reject) => reject(undefined)),
    'whose then() throws': () =>
      thenable(() => {
        throw reason
      }),
    'whose then() throws after it has resolved': () =>
      thenable((resolve) => {
        resolve('done')
        throw reason
      }),
    'whose then getter throws': () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- as above
      get then() {
        throw reason
      },
    }),
    'that is a function': () =>
      Object.assign(
        () => {},
        thenable((resolve) => resolve('called')),
      ),
    'that is a subclass of Promise': () => new (class Mine extends Promise<string> {})((resolve) => resolve('mine')),
  }
  test.for(Object.entries(kinds))('one %s', async ([, make]) => {
    const calls = counted(make)
    const plain = await settle(make)
    expect(await settle(instrumentAgent(calls, quick))).toEqual(plain)
    expect(calls.calls).toBe('error' in plain ? 3 : 1)
    expect(await settle(instrumentTool(make, { name: 'tool' }))).toEqual(plain)
  })
})

describe('throws the same error object after the last attempt', () => {
  const errors: Record<string, unknown> = {
    'an error': new Error('broken'),
    'a frozen error': Object.freeze(new Error('frozen')),
    'a string': 'broken',
    undefined: undefined,
    null: null,
    'a symbol': Symbol('broken'),
    'a proxy whose traps throw': guardedProxy(),
  }
  test.for(Object.entries(errors))('%s, thrown at once or as a rejection', async ([, error]) => {
    const throws = counted(() => {
      throw error
    })
    const rejects = counted(() => Promise.reject(error as Error))
    for (const fails of [throws, rejects]) {
      const settled = await settle(instrumentAgent(fails, quick))
      expect('error' in settled && Object.is(settled.error, error)).toBe(true)
      expect(fails.calls).toBe(3)
    }
  })

  test('a wrapped agent never throws synchronously: a synchronous error of the function becomes a rejection', async () => {
    const agent = instrumentAgent((): string => {
      throw new Error('at once')
    }, quick)
    const promise = agent()
    await expect(promise).rejects.toThrow('at once')
  })

  test('a wrapped tool throws and returns synchronously if the function does', () => {
    const double = instrumentTool((n: number) => n * 2, { name: 'double' })
    expect(double(21)).toBe(42)
    const fails = instrumentTool(() => JSON.parse('{') as unknown, { name: 'fails' })
    expect(fails).toThrow(SyntaxError)
  })
})

describe('a wrapper has the properties of its function', () => {
  test('in name, length and own properties, symbols and getters included', () => {
    const secret = Symbol('secret')
    function build(_a: string, _b: number): void {}
    Object.defineProperty(build, 'cost', { get: () => 3, enumerable: true })
    const wrapped = Object.assign(build, { version: 2, [secret]: 'kept' })
    for (const wrapper of [instrumentAgent(wrapped, { logger: false }), instrumentTool(wrapped)]) {
      expect(
        Object.fromEntries(Object.getOwnPropertyNames(wrapper).map((key) => [key, Reflect.get(wrapper, key)])),
      ).toMatchObject({ name: 'build', length: 2, version: 2, cost: 3 })
      expect(Reflect.get(wrapper, secret)).toBe('kept')
    }
  })

  test('in its name even if it is shown under another one', () => {
    expect(instrumentAgent(function build() {}, quick).name).toBe('build')
  })

  test('in its this and its arguments, in every attempt', async () => {
    const seen: unknown[] = []
    class Team {
      size = 3
      work = instrumentAgent(async function work(this: Team, ...args: unknown[]) {
        seen.push([this, args])
        if (currentExecution()?.attempt === 1) throw new Error('once')
        return this.size
      }, quick)
      tool = instrumentTool(function size(this: Team) {
        return this.size
      })
    }
    const team = new Team()
    const task = { goal: 'build' }
    expect(await team.work(task, undefined)).toBe(3)
    expect(team.tool()).toBe(3)
    expect(seen).toHaveLength(2)
    for (const [self, args] of seen as [unknown, unknown[]][]) {
      expect(self).toBe(team)
      expect(args[0]).toBe(task)
      expect(args).toHaveLength(2)
    }
  })

  test('in a function in sloppy mode, a frozen function, and a function with its own apply()', async () => {
    const sloppy = runInThisContext('(function () { return this === globalThis })') as () => boolean
    const misleading = Object.assign(async () => 'called', { apply: () => 'own', call: () => 'own' })
    expect(await instrumentAgent(sloppy, quick)()).toBe(true)
    expect(
      await instrumentAgent(
        Object.freeze(async () => 'frozen'),
        quick,
      )(),
    ).toBe('frozen')
    expect(await instrumentAgent(misleading, quick)()).toBe('called')
    expect(await instrumentTool(misleading, { name: 'tool' })()).toBe('called')
  })
})
