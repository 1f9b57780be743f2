import { fc, test as property } from '@fast-check/vitest'
import { trace } from '@opentelemetry/api'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { ConstantBackoff, handleAll, retry } from 'cockatiel'
import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  type Continuation,
  currentExecution,
  currentTraceparent,
  executeWithRecovery,
  getActiveExecutions,
  getExecutionMetrics,
  instrumentAgent,
  type InstrumentAgentOptions,
  instrumentTool,
  InvalidOptionsError,
  onExecution,
  recoveryOf,
  startExecution,
} from '../src/index.ts'
import { keptLines } from './kept-lines.ts'

let telemetry: TestTelemetry
let ids = 0
let executionId = ''
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  executionId = `queue/${(ids += 1)}`
})
afterEach(() => telemetry.shutdown())

const busy = (): Error => Object.assign(new Error('slow down'), { status: 429 })
const wrong = (): Error => Object.assign(new Error('bad request'), { status: 400 })

/** An attempt of a job: its number, whether it is the last one, and what happens in it. */
type Step = Partial<Continuation> & { readonly work?: () => unknown }

/** Makes the attempts of one job, as a queue does that allows `of` of them; returns how each ended. */
async function attempts(steps: readonly Step[], options: InstrumentAgentOptions<[Step, number], unknown> = {}, of = 4) {
  const agent = instrumentAgent(async (step: Step, _index: number) => await step.work?.(), {
    name: 'worker',
    logger: false,
    continuation: ({ work, ...step }, index) => ({ executionId, attempt: index + 1, isFinal: index + 1 >= of, ...step }),
    ...options,
  })
  const ends: { value?: unknown; error?: unknown }[] = []
  for (const [index, step] of steps.entries()) {
    ends.push(
      await agent(step, index).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    )
  }
  return ends
}

const fails = (error: unknown) => ({
  work: () => {
    throw error
  },
})
const counts = async (): Promise<Record<string, number>> => ({
  success: await telemetry.sum('agent.executions', { outcome: 'success' }),
  failure: await telemetry.sum('agent.executions', { outcome: 'failure' }),
  cancelled: await telemetry.sum('agent.executions', { outcome: 'cancelled' }),
  retries: await telemetry.sum('agent.retries'),
  attempts: await telemetry.sum('agent.attempt.duration'),
  durations: await telemetry.sum('agent.execution.duration'),
  active: await telemetry.sum('active_executions'),
})

test('a run whose queue makes three attempts is one execution that recovers', async () => {
  const [first, second] = [busy(), new TypeError('x')]
  const ends = await attempts([fails(first), fails(second), { work: () => 'done' }])
  expect(ends[0]?.error).toBe(first)
  expect(ends[1]?.error).toBe(second)
  expect(ends[2]?.value).toBe('done')
  expect(await counts()).toEqual({ success: 1, failure: 0, cancelled: 0, retries: 2, attempts: 3, durations: 1, active: 0 })
  expect(await telemetry.sum('agent.retries', { 'error.type': '429' })).toBe(1)
  expect(await telemetry.sum('agent.retries', { 'error.type': 'TypeError' })).toBe(1)
  telemetry.expectExecution('worker', { outcome: 'success', retryOutcome: 'recovered', attempts: 3 })
})

test('a run whose queue gives up is one failure, with the error of its final attempt', async () => {
  const last = busy()
  const ends = await attempts([fails(busy()), fails(busy()), fails(busy()), fails(last)])
  expect(ends.at(-1)?.error).toBe(last)
  expect(await counts()).toEqual({ success: 0, failure: 1, cancelled: 0, retries: 3, attempts: 4, durations: 1, active: 0 })
  expect(await telemetry.sum('agent.failures', { 'error.type': '429' })).toBe(1)
  telemetry.expectExecution('worker', { outcome: 'failure', retryOutcome: 'exhausted', attempts: 4, errorType: '429' })
})

test('between two attempts a run is neither active nor counted, and is shown as queued', async () => {
  await attempts([fails(busy())])
  expect(await counts()).toMatchObject({ success: 0, failure: 0, attempts: 1, active: 0 })
  expect(getActiveExecutions({ agentName: 'worker' })).toEqual([])
  const { recent } = getExecutionMetrics({ recent: 1, agentName: 'worker' })
  expect(recent).toMatchObject([{ id: executionId, state: 'queued', outcome: undefined, errorType: '429' }])
})

test('the record of a queued run makes place for the one that continues it', async () => {
  await attempts([fails(busy()), { work: () => expect(shown()).toEqual([]) }])
  expect(shown()).toMatchObject([{ state: 'finished', outcome: 'success', attempts: [{ number: 1 }, { number: 2 }] }])

  function shown() {
    return getExecutionMetrics({ agentName: 'worker' }).recent.filter(({ id }) => id === executionId)
  }
})

test('totals count the retries of a queue once, and a run at its end', async () => {
  const before = getExecutionMetrics()
  await attempts([fails(busy()), fails(busy()), { work: () => currentExecution()?.addTokens({ input: 7 }) }])
  const after = getExecutionMetrics()
  expect(after.executions - before.executions).toBe(1)
  expect(after.retries - before.retries).toBe(2)
  expect(after.recovered - before.recovered).toBe(1)
  expect(after.tokens.input - before.tokens.input).toBe(7)
})

test('listeners see each attempt start, wait and finish', async () => {
  const events: string[] = []
  const stop = onExecution(({ type, execution }) => events.push(`${type} ${execution.state}`))
  await attempts([fails(busy()), {}])
  stop()
  expect(events).toEqual(['started running', 'waiting queued', 'started running', 'finished finished'])
})

test('a run that succeeds at its first attempt is the same as one without a queue', async () => {
  await attempts([{ work: () => 5 }])
  expect(await counts()).toEqual({ success: 1, failure: 0, cancelled: 0, retries: 0, attempts: 1, durations: 1, active: 0 })
  telemetry.expectExecution('worker', { outcome: 'success', retryOutcome: 'first_try', attempts: 1 })
})

test('an error that no retry can fix is marked as such, and its queue may end the run with it', async () => {
  const isFinal: Continuation['isFinal'] = ({ isRetryable }) => !isRetryable
  const [one, two] = await attempts([
    { ...fails(busy()), isFinal },
    { ...fails(wrong()), isFinal },
  ])
  expect(recoveryOf(one?.error)).toMatchObject({ outcome: 'continued', isRetryable: true, attempts: 1 })
  expect(recoveryOf(two?.error)).toMatchObject({ outcome: 'not_retryable', isRetryable: false, attempts: 2 })
  expect(await counts()).toMatchObject({ failure: 1, retries: 1, attempts: 2 })
})

test('an error that no retry can fix does not end the run if its queue continues', async () => {
  const [one] = await attempts([fails(wrong()), { work: () => 'after all' }])
  expect(recoveryOf(one?.error)).toMatchObject({ outcome: 'continued', isRetryable: false })
  expect(await counts()).toMatchObject({ success: 1, failure: 0, retries: 1 })
})

test('the wait for the next attempt is that of recovery, or the Retry-After if it is longer', async () => {
  const patient = Object.assign(busy(), { headers: { 'retry-after': '40' } })
  const ends = await attempts([fails(busy()), fails(busy()), fails(patient)])
  expect(ends.map(({ error }) => recoveryOf(error)?.waitSeconds)).toEqual([5, 15, 40])
})

test('a Retry-After that is too long is not worth a retry', async () => {
  const [end] = await attempts([fails(Object.assign(busy(), { headers: { 'retry-after': '4000' } }))])
  expect(recoveryOf(end?.error)).toMatchObject({ isRetryable: false, because: expect.stringContaining('4000') })
})

test('a retryIf that throws does not decide', async () => {
  const retryIf = (): boolean => {
    throw new Error('x')
  }
  const ends = await attempts([fails(busy()), fails(wrong())], { recovery: { retryIf } })
  expect(ends.map(({ error }) => recoveryOf(error)?.isRetryable)).toEqual([true, false])
})

test('an aborted attempt is left to its queue, and is not a cancelled execution unless it is final', async () => {
  const abort = new AbortController()
  const work = () => {
    abort.abort()
    throw abort.signal.reason
  }
  const signalFrom = (): AbortSignal => abort.signal
  const [end] = await attempts([{ work }], { signalFrom })
  expect(recoveryOf(end?.error)).toMatchObject({ outcome: 'continued', isRetryable: true })
  expect(await counts()).toMatchObject({ cancelled: 0, attempts: 1, active: 0 })
  await attempts([{ work, isFinal: true }], { signalFrom })
  expect(await counts()).toMatchObject({ cancelled: 1, active: 0 })
})

test('a stream that fails after its first chunk is an attempt too', async () => {
  let calls = 0
  const agent = instrumentAgent(
    async function* () {
      calls += 1
      yield 1
      if (calls === 1) throw busy()
    },
    { name: 'worker', logger: false, continuation: () => ({ executionId, attempt: calls + 1, isFinal: false }) },
  )
  const read = async () => {
    for await (const _ of agent()) {
      // Only read
    }
  }
  await expect(read()).rejects.toMatchObject({ status: 429 })
  expect(await counts()).toMatchObject({ success: 0, failure: 0, attempts: 1, active: 0 })
  await read()
  expect(await counts()).toMatchObject({ success: 1, failure: 0, retries: 1, attempts: 2, active: 0 })
})

test('once tools keep their results between the attempts, and release them when the run ends', async () => {
  let calls = 0
  const pay = instrumentTool(async (amount: number) => `paid ${amount}, ${(calls += 1)}`, { name: 'pay', once: true })
  const payThenFail = async () => {
    await pay(5)
    throw busy()
  }
  const ends = await attempts([{ work: payThenFail }, { work: payThenFail }, { work: () => pay(5) }])
  expect(ends.at(-1)?.value).toBe('paid 5, 1')
  expect(calls).toBe(1)
  await attempts([{ work: () => pay(5) }])
  expect(calls).toBe(2)
})

test('an attempt that its queue repeats with the same number does not repeat its once tools', async () => {
  let calls = 0
  const pay = instrumentTool(async () => (calls += 1), { name: 'pay', once: true })
  const payThenFail = async () => {
    await pay()
    throw busy()
  }
  await attempts([
    { attempt: 1, work: payThenFail },
    { attempt: 1, work: payThenFail },
    { attempt: 1, work: pay },
  ])
  expect(calls).toBe(1)
})

test('a once tool with a store in memory is uncertain if another process made the attempts before', async () => {
  const { lines, logger } = keptLines()
  const pay = instrumentTool(async () => 'paid', { name: 'pay-blindly', once: true })
  await attempts([fails(busy()), { work: pay }], { logger })
  executionId += '-other'
  expect(await telemetry.sum('agent.tool.uncertain')).toBe(0)
  await attempts(
    [
      { ...fails(busy()), attempt: 2 },
      { attempt: 3, work: pay },
    ],
    { logger },
  )
  expect(await telemetry.sum('agent.tool.uncertain', { 'gen_ai.tool.name': 'pay-blindly' })).toBe(1)
  expect(lines.join('\n')).toContain('[ONCE] the tool pay-blindly may repeat its effect')
})

test('state and errors of the earlier attempts are there in the next one', async () => {
  const first = busy()
  const [, end] = await attempts([
    {
      work: () => {
        currentExecution()?.state.set('page', 3)
        throw first
      },
    },
    { work: () => ({ page: currentExecution()?.state.get('page'), errors: currentExecution()?.previousErrors.slice() }) },
  ])
  expect(end?.value).toEqual({ page: 3, errors: [first] })
})

test('a budget spans the attempts that a process makes', async () => {
  const spend = () => {
    currentExecution()?.addCost(0.4)
    throw busy()
  }
  const ends = await attempts([{ work: spend }, { work: spend }, { work: spend }], { budget: { usd: 1 } })
  expect(ends.map(({ error }) => (error as Error).name)).toEqual(['Error', 'Error', 'BudgetExceededError'])
  expect(recoveryOf(ends[2]?.error)).toMatchObject({ isRetryable: false })
})

test('tool calls that an attempt left behind count in the budget of the next one, which is not called if they exceeded it', async () => {
  const look = instrumentTool(async () => 'nothing', { name: 'look' })
  const next = Promise.withResolvers<void>()
  const late: Promise<unknown>[] = []
  const lookLater = () => {
    const work = async () => {
      await next.promise
      for (let call = 0; call < 3; call += 1) await look()
    }
    late.push(work())
    throw busy()
  }
  let calls = 0
  const options = { budget: { toolCalls: 2 } }
  await attempts([{ work: lookLater }], options)
  next.resolve()
  await Promise.all(late)
  const [end] = await attempts([{ attempt: 2, work: () => (calls += 1) }], options)
  expect(end?.error).toMatchObject({ name: 'BudgetExceededError', budget: 'toolCalls', spent: { toolCalls: 3 } })
  expect(calls).toBe(0)
})

test('an attempt ends when code of the one before uses up their budget of tool calls', async () => {
  const look = instrumentTool(async () => 'nothing', { name: 'look' })
  const [next, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const lookLater = () => {
    void next.promise.then(async () => {
      for (let call = 0; call < 3; call += 1) await look()
    })
    throw busy()
  }
  const waitUntilStopped = async () => {
    currentExecution()?.signal.addEventListener('abort', () => stopped.resolve())
    next.resolve()
    await stopped.promise
  }
  const ends = await attempts([{ work: lookLater }, { work: waitUntilStopped }], { budget: { toolCalls: 2 } })
  expect(ends[1]?.error).toMatchObject({ name: 'BudgetExceededError', spent: { toolCalls: 3 } })
})

test('tool calls after the end of an execution do not count in one that is queued again under its id', async () => {
  const look = instrumentTool(async () => 'nothing', { name: 'look' })
  const next = Promise.withResolvers<void>()
  const late: Promise<unknown>[] = []
  const lookLater = () => {
    late.push(next.promise.then(async () => await look()).then(async () => await look()))
    throw busy()
  }
  const options = { budget: { toolCalls: 1 } }
  await attempts([{ work: lookLater, isFinal: true }], options)
  next.resolve()
  await Promise.all(late)
  const [end] = await attempts([{ work: look }], options)
  expect(end?.value).toBe('nothing')
})

test('a loop is not worth a retry', async () => {
  const look = instrumentTool(async () => 'nothing', { name: 'look' })
  const work = async () => {
    for (;;) await look()
  }
  const [end] = await attempts([{ work }], { loop: { sameToolCall: 3 } })
  expect(recoveryOf(end?.error)).toMatchObject({ isRetryable: false })
  expect(await counts()).toMatchObject({ failure: 0, attempts: 1, active: 0 })
})

test('its duration is measured from the start of its first attempt', async () => {
  const firstStartedAt = new Date(Date.now() - 100_000)
  await attempts([{ attempt: 3, firstStartedAt }])
  expect(telemetry.expectExecution('worker').durationSeconds).toBeGreaterThanOrEqual(100)
  expect(telemetry.expectExecution('worker').durationSeconds).toBeLessThan(200)
})

test('no duration is recorded if the start of the first attempt is unknown, or lies in the future', async () => {
  await attempts([{ attempt: 3 }])
  expect(await counts()).toMatchObject({ success: 1, retries: 1, durations: 0 })
  expect(await telemetry.sum('agent.retries', { 'error.type': '_OTHER' })).toBe(1)
  executionId += '-future'
  await attempts([{ firstStartedAt: Date.now() + 1e9 }])
  expect(telemetry.executions('worker').at(-1)?.durationSeconds).toBeLessThan(100)
})

test('the error that another process has seen is the reason of the retry', async () => {
  await attempts([{ attempt: 2, previousErrorType: '503', firstStartedAt: Date.now() }])
  expect(await telemetry.sum('agent.retries', { 'error.type': '503' })).toBe(1)
})

test('attempts belong to the trace in which the job was queued, and link to the attempt before', async () => {
  const traceparent = trace.getTracer('test').startActiveSpan('enqueue', (span) => {
    const header = currentTraceparent()
    span.end()
    return header
  })
  await attempts([{ ...fails(busy()), traceparent }, { traceparent }])
  const [enqueue] = telemetry.spans('enqueue')
  const roots = telemetry.spans('invoke_agent worker')
  expect(roots.map((span) => span.parentSpanContext?.spanId)).toEqual(Array(2).fill(enqueue?.spanContext().spanId))
  expect(new Set(roots.map((span) => span.spanContext().traceId))).toEqual(new Set([enqueue?.spanContext().traceId]))
  expect(roots[1]?.links.map(({ context }) => context.spanId)).toEqual([roots[0]?.spanContext().spanId])
  expect(roots.map(({ attributes }) => attributes['swarmwatch.execution.id'])).toEqual([executionId, executionId])
  expect(roots.map(({ attributes }) => attributes['swarmwatch.retry.outcome'])).toEqual(['continued', 'recovered'])
  expect(roots[0]?.status.code).toBe(0)
  expect(telemetry.spans('attempt 1')[0]?.status.code).toBe(2)
  expect(telemetry.spans('attempt 2')).toHaveLength(1)
})

test('the span of a worker that is in another trace is linked', async () => {
  const traceparent = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01'
  await trace.getTracer('test').startActiveSpan('process job', async (span) => {
    await attempts([{ traceparent }])
    span.end()
  })
  const [root] = telemetry.spans('invoke_agent worker')
  expect(root?.spanContext().traceId).toBe('0123456789abcdef0123456789abcdef')
  expect(root?.links[0]?.context.spanId).toBe(telemetry.spans('process job')[0]?.spanContext().spanId)
})

test('without an active span there is no traceparent to carry', () => {
  expect(currentTraceparent()).toBeUndefined()
})

test('a job that is delivered again after its success is not counted again', async () => {
  const { lines, logger } = keptLines()
  await attempts([{ work: () => 1 }, { work: () => 2 }], { logger })
  expect(await counts()).toMatchObject({ success: 1, attempts: 2, retries: 1, active: 0 })
  expect(lines.join('\n')).toContain(`has already ended execution ${executionId}`)
})

test('a job that is queued again by hand after it failed is counted again', async () => {
  await attempts([{ ...fails(busy()), isFinal: true }, { work: () => 'repaired' }])
  expect(await counts()).toMatchObject({ success: 1, failure: 1, active: 0 })
})

test('a job that is queued again by hand after its final attempt was cancelled is counted again', async () => {
  const agent = instrumentAgent(async (signal: AbortSignal) => signal.throwIfAborted(), {
    name: 'worker',
    logger: false,
    continuation: () => ({ executionId, attempt: 1, isFinal: true }),
  })
  await agent(AbortSignal.abort()).catch(() => {})
  await agent(new AbortController().signal)
  expect(await counts()).toMatchObject({ cancelled: 1, success: 1, active: 0 })
})

test('without a continuation for a call, the process retries by itself', async () => {
  let calls = 0
  const work = () => {
    if ((calls += 1) < 3) throw busy()
    return calls
  }
  expect(await attempts([{ work }], { continuation: () => undefined })).toEqual([{ value: 3 }])
  expect(await counts()).toMatchObject({ success: 1, retries: 2 })
})

const badValues: readonly (readonly [string, () => unknown])[] = [
  [
    'throws',
    () => {
      throw new Error('secret')
    },
  ],
  ['returns a promise', async () => ({ executionId, attempt: 1, isFinal: false })],
  [
    'returns a rejected promise',
    async () => {
      throw new Error('secret')
    },
  ],
  ['returns a text', () => 'job-1'],
  ['returns no id', () => ({ attempt: 1, isFinal: false })],
  ['returns an empty id', () => ({ executionId: '', attempt: 1, isFinal: false })],
  ['returns an id of 201 characters', () => ({ executionId: 'x'.repeat(201), attempt: 1, isFinal: false })],
  ['returns attempt 0', () => ({ executionId, attempt: 0, isFinal: false })],
  ['returns half an attempt', () => ({ executionId, attempt: 1.5, isFinal: false })],
  ['returns no isFinal', () => ({ executionId, attempt: 1 })],
]
test.each(badValues)('a continuation that %s means a plain run, which is reported once', async (_, continuation) => {
  const { lines, logger } = keptLines()
  const ends = await attempts([{ work: () => 1 }, { work: () => 2 }], {
    name: executionId,
    logger,
    errorMessages: false,
    continuation: continuation as never,
  })
  expect(ends).toEqual([{ value: 1 }, { value: 2 }])
  expect(await counts()).toMatchObject({ success: 2, active: 0 })
  expect(await telemetry.sum('swarmwatch.guard.trips', { where: 'option' })).toBe(2)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^\[WARN\] queue\/\d+ ignores its queue and retries by itself: continuation\(\)/)
  expect(lines[0]).not.toContain('secret')
})

test('the line about a continuation that throws contains the message, as other lines do', async () => {
  const { lines, logger } = keptLines()
  const continuation = () => {
    throw new TypeError('the job has no id')
  }
  await attempts([{ work: () => 1 }], { name: 'job-taker', logger, continuation })
  expect(lines).toEqual(['[WARN] job-taker ignores its queue and retries by itself: continuation() threw: the job has no id'])
})

test('an invalid continuation of executeWithRecovery() is reported once, not in every run', async () => {
  const { lines, logger } = keptLines()
  const run = () =>
    executeWithRecovery(async () => 1, { agentName: 'caller', logger, continuation: () => 'job-1' as never, context: {} })
  for (let n = 0; n < 3; n += 1) expect(await run()).toBe(1)
  expect(lines).toEqual([
    '[WARN] caller ignores its queue and retries by itself: continuation() must return an object or undefined',
  ])
})

test('a run that is started by hand is an attempt of a queue, too', async () => {
  const error = busy()
  const begin = (attempt: number) =>
    startExecution('by-hand', undefined, { continuation: { executionId, attempt, isFinal: attempt === 4 } })
  const first = begin(1)
  first.within(() => currentExecution()?.state.set('page', 3))
  first.complete({ success: false, error })
  expect(recoveryOf(error)).toMatchObject({ outcome: 'continued', isRetryable: true, waitSeconds: 5 })
  const second = begin(2)
  expect(second.id).toBe(executionId)
  expect(second.within(() => currentExecution()?.state.get('page'))).toBe(3)
  second.complete({ success: true })
  expect(await counts()).toEqual({ success: 1, failure: 0, cancelled: 0, retries: 1, attempts: 2, durations: 1, active: 0 })
  telemetry.expectExecution('by-hand', { outcome: 'success', retryOutcome: 'recovered', attempts: 2 })
  const roots = telemetry.spans('invoke_agent by-hand')
  expect(roots[1]?.links.map(({ context }) => context.spanId)).toEqual([roots[0]?.spanContext().spanId])
})

test('a run that is started by hand with an invalid continuation is a plain run', async () => {
  const continuation = { executionId: '', attempt: 1, isFinal: true }
  startExecution('by-hand-2', undefined, { continuation }).complete({ success: true })
  expect(await counts()).toMatchObject({ success: 1, active: 0 })
  expect(telemetry.executions('by-hand-2')[0]?.id).not.toBe('')
})

test.each([
  ['firstStartedAt', 1_700_000_000],
  ['firstStartedAt', new Date('no date')],
  ['previousErrorType', 5],
  ['traceparent', '00-00000000000000000000000000000000-0123456789abcdef-01'],
  ['traceparent', {}],
])('an invalid %s %j is ignored and counted, and the attempt belongs to its execution', async (key, value) => {
  await attempts([{ ...fails(busy()), [key]: value }, {}])
  expect(await counts()).toMatchObject({ success: 1, failure: 0, attempts: 2, durations: 1 })
  expect(await telemetry.sum('swarmwatch.guard.trips', { where: 'option' })).toBe(1)
})

test('an isFinal that throws or returns no boolean leaves the run to its queue', async () => {
  const throws = () => {
    throw new Error('x')
  }
  await attempts([
    { ...fails(busy()), isFinal: throws },
    { ...fails(busy()), isFinal: (() => 'no') as never },
  ])
  expect(await counts()).toMatchObject({ success: 0, failure: 0, attempts: 2, active: 0 })
})

test('a policy cannot be combined with a continuation', () => {
  const policy = retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(1) })
  const continuation = () => undefined
  expect(() => instrumentAgent(async () => 1, { name: 'a', policy, continuation })).toThrow(InvalidOptionsError)
  expect(() => instrumentAgent(async () => 1, { name: 'a', continuation: 5 as never })).toThrow(/continuation must be a function/)
})

test('a fallback is tried in the final attempt only', async () => {
  const calls: number[] = []
  const fallback = [async (_: Step, index: number) => calls.push(index)]
  const ends = await attempts([fails(busy()), fails(busy()), { ...fails(busy()), isFinal: true }], { fallback })
  expect(ends[2]).toEqual({ value: 1 })
  expect(calls).toEqual([2])
  expect(await counts()).toEqual({ success: 1, failure: 0, cancelled: 0, retries: 3, attempts: 4, durations: 1, active: 0 })
})

test('the failure of a fallback ends the run, whatever isFinal would return for it, after all fallbacks were tried', async () => {
  const calls: number[] = []
  const fallback = [1, 2].map((number) => async () => {
    calls.push(number)
    throw busy()
  })
  const isFinal: Continuation['isFinal'] = ({ isRetryable }) => !isRetryable
  const [end] = await attempts([{ ...fails(wrong()), isFinal }], { fallback })
  expect(calls).toEqual([1, 2])
  expect(recoveryOf(end?.error)).toMatchObject({ outcome: 'exhausted', isRetryable: false })
  expect(await counts()).toMatchObject({ failure: 1, attempts: 3, active: 0 })
})

test('log lines name the attempt, the queue and the recovery', async () => {
  const { lines, logger } = keptLines()
  await attempts([fails(busy()), {}], { logger })
  expect(lines[0]).toBe('[RETRY] worker attempt 1 failed, its queue decides on the next one (429): slow down')
  expect(lines[1]).toMatch(/^\[SUCCESS\] worker recovered on attempt 2 after/)
  expect(lines).toHaveLength(2)
})

test('two agents of one process do not mix up their executions', async () => {
  await attempts([fails(busy())])
  await attempts([{ attempt: 2, firstStartedAt: Date.now() }], { name: 'other' })
  expect(telemetry.executions('other')).toMatchObject([{ attempts: 1, retryOutcome: 'recovered' }])
})

property.prop([fc.array(fc.constantFrom('ok', 'busy', 'wrong', 'crash'), { minLength: 1, maxLength: 6 }), fc.boolean()])(
  'whatever happens in the attempts of a queue, the run is counted once and its attempts as often as they were made',
  async (steps, stopsAtHopeless) => {
    telemetry.reset()
    executionId = `queue/${(ids += 1)}`
    let made = 0
    let begun = 0
    let end: 'success' | 'failure' | undefined
    for (const [index, step] of steps.entries()) {
      if (end) break
      begun += 1
      // Its process dies: nothing of the attempt is recorded here
      if (step === 'crash') continue
      made += 1
      const isLast = index + 1 === steps.length
      const isFinal: Continuation['isFinal'] = ({ isRetryable }) => isLast || (stopsAtHopeless && !isRetryable)
      const work = step === 'ok' ? () => 1 : fails(step === 'busy' ? busy() : wrong()).work
      await attempts([{ work, attempt: index + 1, isFinal }])
      if (step === 'ok') end = 'success'
      else if (isLast || (stopsAtHopeless && step === 'wrong')) end = 'failure'
    }
    const counted = await counts()
    expect(counted).toMatchObject({
      success: end === 'success' ? 1 : 0,
      failure: end === 'failure' ? 1 : 0,
      cancelled: 0,
      attempts: made,
      active: 0,
    })
    expect(counted['retries']).toBe(made - (steps[0] === 'crash' ? 0 : 1))
    expect(begun).toBeGreaterThanOrEqual(made)
  },
)
