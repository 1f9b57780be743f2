import { afterEach, beforeEach, expect, test } from 'vitest'

import { instrumentAgent, type Logger, recoveryOf, type RecoveryOptions } from '../../src/index.ts'
import { beginInference, type InferenceEnd } from '../../src/instrumentation.ts'
import { keptLines } from '../kept-lines.ts'
import { MovedTime } from './moved-time.ts'

let time: MovedTime
beforeEach(() => void (time = new MovedTime()))
afterEach(() => time.end())

const asked = (seconds: number): InferenceEnd => ({ status: 429, retryHeaders: { 'retry-after': String(seconds) } })

/** Starts a run whose model calls end like this, one per attempt, and returns the seconds at which they began. */
function start(ends: readonly InferenceEnd[], recovery: RecoveryOptions = {}, model = 'gpt-6', logger: Logger | false = false) {
  const calledAt: number[] = []
  const begunMs = time.now()
  const agent = instrumentAgent(
    async () => {
      const end = ends[calledAt.length] ?? { status: 200 }
      calledAt.push((time.now() - begunMs) / 1000)
      beginInference({ source: 'wire', provider: 'openai', model }).end(end)
      if (end.status !== 200) throw Object.assign(new Error(`status ${end.status}`), { status: end.status })
    },
    { name: 'caller', logger, recovery },
  )
  const result = agent().then(
    () => undefined,
    (error: unknown) => error,
  )
  return { calledAt, result }
}

test('a Retry-After that one run got delays the retries of the others for the same provider and model', async () => {
  const first = start([asked(20)])
  const second = start([{ status: 503 }])
  const other = start([{ status: 503 }], {}, 'gpt-7')
  await time.pass(60)
  expect(first.calledAt).toEqual([0, 20])
  expect(second.calledAt[1]).toBeGreaterThanOrEqual(20)
  expect(other.calledAt).toEqual([0, 5])
})

test('runs that waited for the same time do not return at the same instant', async () => {
  const runs = Array.from({ length: 50 }, () => start([asked(20)]))
  await time.pass(120)
  const returned = runs.map(({ calledAt }) => calledAt[1]!).toSorted((one, other) => one - other)
  expect(returned[0]).toBe(20)
  expect(new Set(returned).size).toBe(50)
  expect(returned.at(-1)).toBeLessThanOrEqual(120)
})

test('the line about a retry states why its wait is longer than the settings ask for', async () => {
  const { lines, logger } = keptLines()
  start([asked(20)], {}, 'gpt-6', logger)
  start([{ status: 503 }], {}, 'gpt-6', logger)
  await time.pass(60)
  const why = 'runs that wait for gpt-6 by openai return one after the other'
  expect(lines.filter((line) => line.startsWith('[RETRY]'))).toEqual([
    '[RETRY] caller attempt 2/4 in 20 s (429): status 429',
    expect.stringMatching(new RegExp(`^\\[RETRY\\] caller attempt 2/4 in 2\\d(\\.\\d)? s \\(503\\): status 503; ${why}$`)),
  ])
})

test('a run that is about to retry waits on if another run learns of a wait meanwhile', async () => {
  const early = start([{ status: 503 }])
  await time.pass(3)
  const late = start([asked(30)])
  await time.pass(100)
  expect(late.calledAt).toEqual([0, 30])
  expect(early.calledAt[1]).toBeGreaterThanOrEqual(33)
})

test('used-up quotas delay, and a wait longer than maxRetryAfterSeconds ends the retries of others, too', async () => {
  const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '25s' }
  start([{ status: 200, retryHeaders: headers }])
  const delayed = start([{ status: 503 }])
  await time.pass(100)
  expect(delayed.calledAt[1]).toBeGreaterThanOrEqual(25)

  const refused = start([asked(600)])
  await time.pass(0)
  const ended = start([{ status: 503 }])
  await time.pass(1)
  expect(recoveryOf(await refused.result)?.because).toBe('Retry-After of 600 s is longer than maxRetryAfterSeconds 120')
  expect(recoveryOf(await ended.result)).toMatchObject({ attempts: 1, outcome: 'not_retryable' })
  expect(recoveryOf(await ended.result)?.because).toContain("the provider's Retry-After to another run")
})

test('a first attempt is made at once, unless maxWaitSeconds lets it wait', async () => {
  // The agent has called this model before
  await start([{ status: 200 }]).result
  const calledAt: number[] = []
  const agentFor = (recovery: RecoveryOptions) =>
    instrumentAgent(
      async (end: InferenceEnd) => {
        calledAt.push(time.now())
        beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' }).end(end)
      },
      { name: 'first', logger: false, recovery },
    )
  const [eager, patient, short] = [{}, { provider: { maxWaitSeconds: 60 } }, { provider: { maxWaitSeconds: 10 } }].map(agentFor)
  for (const agent of [eager, patient, short]) await agent!({ status: 200 })
  start([asked(30)], { maxRetries: 0 })
  await time.pass(0)
  calledAt.length = 0
  const begunMs = time.now()
  void eager!({ status: 200 })
  void short!({ status: 200 })
  void patient!({ status: 200 })
  await time.pass(40)
  expect(calledAt.map((at) => (at - begunMs) / 1000)).toEqual([0, 0, expect.closeTo(30, 0)])
})

test('an agent with provider: false learns nothing from others and shares nothing', async () => {
  const alone = { provider: false } as const
  const first = start([asked(20)], alone)
  const second = start([{ status: 503 }])
  await time.pass(10)
  start([asked(40)])
  const third = start([{ status: 503 }], alone)
  await time.pass(100)
  expect([first, second, third].map(({ calledAt }) => calledAt[1])).toEqual([20, 5, 5])
})

test('the wait that only the error carries is shared as well', async () => {
  let calls = 0
  const agent = instrumentAgent(
    async () => {
      beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' }).end({ status: 429 })
      calls += 1
      if (calls === 1) throw Object.assign(new Error('quota'), { status: 429, errorDetails: [{ retryDelay: '45s' }] })
    },
    { name: 'detailed', logger: false },
  )
  void agent()
  await time.pass(0)
  const other = start([{ status: 503 }])
  await time.pass(100)
  expect(other.calledAt[1]).toBeGreaterThanOrEqual(45)
})

test('an error after a model call that succeeded is not about the provider', async () => {
  const agent = instrumentAgent(
    async () => {
      beginInference({ source: 'wire', provider: 'openai', model: 'gpt-6' }).end({ status: 200 })
      throw Object.assign(new Error('the API of a tool is busy'), { status: 429, headers: { 'retry-after': '100' } })
    },
    { name: 'tool-user', logger: false },
  )
  void agent().catch(() => {})
  await time.pass(0)
  const other = start([{ status: 503 }])
  await time.pass(100)
  expect(other.calledAt).toEqual([0, 5])
})

test.each(['1000000000000', '9'.repeat(400), 'Fri, 31 Dec 9999 23:59:59 GMT'])(
  'a Retry-After of %s is forgotten when a later call succeeds, and after a day at the latest',
  async (retryAfter) => {
    const absurd: InferenceEnd = { status: 429, retryHeaders: { 'retry-after': retryAfter } }
    start([absurd], { maxRetries: 0 })
    await time.pass(1)
    expect(recoveryOf(await start([{ status: 503 }]).result)).toMatchObject({ outcome: 'not_retryable' })
    await start([{ status: 200 }]).result
    const after = start([{ status: 503 }])
    await time.pass(100)
    expect(after.calledAt).toEqual([0, 5])

    start([absurd], { maxRetries: 0 })
    await time.pass(86_401)
    const nextDay = start([{ status: 503 }])
    await time.pass(100)
    expect(nextDay.calledAt).toEqual([0, 5])
  },
)
