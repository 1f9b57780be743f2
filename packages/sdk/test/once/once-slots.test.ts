import { expect, test } from 'vitest'

import { OnceSlots, settle, type OnceIdentity, type Slot, untilSettled } from '../../src/once/once-slots.ts'

const newSlots = (): OnceSlots => new OnceSlots('run')
const request = (changes: Partial<OnceIdentity> = {}): OnceIdentity => ({
  tool: 'pay',
  code: 'pay()',
  key: 'arguments:5',
  isOwnKey: false,
  attempt: 1,
  ...changes,
})

test('a first call is a new one, which nothing is known of', () => {
  expect(newSlots().take(request({ attempt: 3 }))).toEqual({
    call: { executionId: 'run', tool: 'pay', key: 'arguments:5', number: 1 },
    state: 'free',
    isStored: false,
    result: undefined,
    isOpen: false,
    cause: undefined,
    lostResult: undefined,
    removal: undefined,
    isReported: false,
    settled: undefined,
    usedBy: new Set([3]),
  })
})

test('equal calls of one attempt have numbers of their own, and the next attempt takes them in their order', () => {
  const slots = newSlots()
  const first = [1, 2, 3].map(() => slots.take(request()))
  expect(first.map(({ call }) => call.number)).toEqual([1, 2, 3])
  const second = [1, 2, 3, 4].map(() => slots.take(request({ attempt: 2 })))
  expect(second.slice(0, 3)).toEqual(first)
  expect(second[3]!.call.number).toBe(4)
  expect(second[0]).toBe(first[0])
})

test('an attempt takes a call that succeeded first, then one in progress, an uncertain one, a failed one', () => {
  const slots = newSlots()
  const states: Slot['state'][] = ['free', 'uncertain', 'running', 'done', 'done', 'running']
  for (const state of states) slots.take(request()).state = state
  const taken = states.map(() => slots.take(request({ attempt: 2 })))
  expect(taken.map(({ state }) => state)).toEqual(['done', 'done', 'running', 'running', 'uncertain', 'free'])
  expect(taken.map(({ call }) => call.number)).toEqual([4, 5, 3, 6, 2, 1])
})

test('a call remembers the last 1,000 attempts, and shares its result with an earlier one', () => {
  const slots = newSlots()
  const slot = slots.take(request())
  for (let attempt = 2; attempt <= 1000; attempt += 1) slots.take(request({ attempt }))
  expect(slots.take(request())).not.toBe(slot)
  slots.take(request({ attempt: 1001 }))
  expect(slot.usedBy.size).toBe(1000)
  expect([1, 2, 1001].map((attempt) => slot.usedBy.has(attempt))).toEqual([false, true, true])
})

test('with a key of its own, every call is the first one', () => {
  const slots = newSlots()
  const own = request({ key: 'key:a', isOwnKey: true })
  const first = slots.take(own)
  expect(slots.take(own)).toBe(first)
  expect(slots.take({ ...own, attempt: 2 })).toBe(first)
  expect(slots.take({ ...own, key: 'key:b' })).not.toBe(first)
})

test('tools share no call, although their keys are equal', () => {
  const slots = newSlots()
  const [pay, mail] = ['pay', 'mail'].map((tool) => slots.take(request({ tool, code: tool, isOwnKey: true })))
  expect([pay, mail].map((slot) => slot!.call)).toMatchObject([
    { tool: 'pay', number: 1 },
    { tool: 'mail', number: 1 },
  ])
})

test('calls of a store are known, and further ones are numbered after them', () => {
  const slots = newSlots()
  const call = { executionId: 'run', tool: 'pay', key: 'arguments:5' }
  slots.adopt({ ...call, number: 7, state: 'begun', owner: 'other' })
  slots.adopt({ ...call, number: 2, state: 'done', owner: 'other', result: 'paid' })
  const taken = [1, 2, 3].map(() => slots.take(request()))
  expect(taken).toMatchObject([
    { call: { ...call, number: 2 }, state: 'done', isStored: true, isOpen: false, result: 'paid' },
    { call: { ...call, number: 7 }, state: 'uncertain', isStored: true, isOpen: true, result: undefined },
    { call: { ...call, number: 8 }, state: 'free', isStored: false },
  ])
})

test('the 10,001st different call is refused, and a known one is not', () => {
  const slots = newSlots()
  for (let n = 0; n < 10_000; n += 1) slots.take(request({ key: `key:${n}`, isOwnKey: true }))
  const further = request({ key: 'key:10000', isOwnKey: true })
  expect(() => slots.take(further)).toThrow('its run has made 10000 calls of once tools')
  expect(slots.take({ ...further, key: 'key:9999' }).call.key).toBe('key:9999')
})

test('another tool of a name is refused in the same attempt only', () => {
  const slots = newSlots()
  const other = 'payElsewhere()'
  slots.take(request())
  const inSameAttempt = () => slots.take(request({ code: other }))
  expect(inSameAttempt).toThrow(expect.objectContaining({ reason: 'name_taken', tool: 'pay' }) as Error)
  expect(inSameAttempt).toThrow('its attempt has called another tool of this name, whose result it would get')
  slots.take(request({ tool: 'mail', code: other }))
  slots.take(request({ code: other, attempt: 2 }))
  expect(() => slots.take(request({ attempt: 2 }))).toThrow('another tool of this name')
  // The first attempt was given up and still runs
  slots.take(request())
  expect(() => slots.take(request({ attempt: 2 }))).toThrow('another tool of this name')
})

test('what waits for a call continues once it has settled, and one that settles alone needs nothing', async () => {
  const slot = newSlots().take(request())
  settle(slot)
  let continued = 0
  const waits = [1, 2].map(() => untilSettled(slot).then(() => (continued += 1)))
  await Promise.resolve()
  expect(continued).toBe(0)
  settle(slot)
  await Promise.all(waits)
  expect(continued).toBe(2)
  expect(slot.settled).toBeUndefined()
})
