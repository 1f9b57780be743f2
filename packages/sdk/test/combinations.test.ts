import { AsyncLocalStorage } from 'node:async_hooks'

import { fc, test as property } from '@fast-check/vitest'
import { startTestTelemetry } from '@swarmwatch/testing'
import { expect } from 'vitest'

import {
  currentExecution,
  getActiveExecutions,
  instrumentAgent,
  type InstrumentAgentOptions,
  instrumentTool,
  memoryOnceStore,
} from '../src/index.ts'
import { beginInference } from '../src/instrumentation.ts'
import { MovedTime } from './provider/moved-time.ts'

/** Steps of an attempt. */
const step = fc.constantFrom(
  'pay',
  'pay slowly',
  'poll',
  'ask',
  'ask without result',
  'fail in the end',
  'wait',
  'hang',
  'leave work behind',
  'pause',
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const given = {
  attempts: fc.array(fc.array(step, { maxLength: 5 }), { minLength: 1, maxLength: 5 }),
  maxRetries: fc.integer({ min: 0, max: 3 }),
  fallbacks: fc.integer({ min: 0, max: 2 }),
  stallTimeoutSeconds: fc.constantFrom(undefined, 10),
  attemptTimeoutSeconds: fc.constantFrom(undefined, 25),
  totalTimeoutSeconds: fc.constantFrom(undefined, 60),
  breaker: fc.boolean(),
  toolCalls: fc.constantFrom(undefined, 0, 1, 3),
  seconds: fc.constantFrom(undefined, 20),
  sameToolCall: fc.constantFrom(undefined, 1, 2),
  isQueued: fc.boolean(),
  isStream: fc.boolean(),
  hasParent: fc.boolean(),
  parentToolCalls: fc.constantFrom(undefined, 2),
  abortAfterSeconds: fc.constantFrom(undefined, 0, 3, 40),
}

let runs = 0

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
  })
}

property.prop(given, { numRuns: 200 })(
  'whatever options are combined, a run ends once, makes no effect twice and exceeds no limit',
  async (options) => {
    const telemetry = await startTestTelemetry({ skipWaits: false })
    const time = new MovedTime()
    const number = (runs += 1)
    try {
      const { isQueued, isStream, hasParent, maxRetries, sameToolCall, toolCalls } = options
      const store = memoryOnceStore()
      const effects = { pay: 0 }
      const made = { own: 0, fallbacks: 0, invocations: 0 }
      const polls = new Map<string, number>()
      const invocation = new AsyncLocalStorage<number>()
      let openToolCalls = 0
      const counted = (): boolean => {
        // An invocation of a queue is a run of its own: what an earlier one left behind is no part of it
        const isOpen = invocation.getStore() === made.invocations && getActiveExecutions({ agentName: 'worker' }).length > 0
        if (isOpen) openToolCalls += 1
        return isOpen
      }
      const pay = instrumentTool(
        async (seconds: number) => {
          counted()
          effects.pay += 1
          await time.wait(seconds * 1000)
          return 'receipt'
        },
        { name: 'pay', once: { key: () => 'invoice', store } },
      )
      const poll = instrumentTool(
        async () => {
          // What a run left behind is no part of it
          if (!counted()) return
          const attempt = `${currentExecution()?.attempt}`
          polls.set(attempt, (polls.get(attempt) ?? 0) + 1)
        },
        { name: 'poll' },
      )
      async function ask(status: number): Promise<void> {
        const call = beginInference({ source: 'wire', provider: 'openai', model: `gpt-${number}` })
        await time.wait(500)
        call.end({ status, usage: { inputTokens: 10, outputTokens: 1 } })
        if (status !== 200) throw Object.assign(new Error('x'), { status })
      }
      async function does(each: Step): Promise<void> {
        switch (each) {
          case 'pay':
            return void (await pay(0))
          case 'pay slowly':
            return void (await pay(15))
          case 'poll':
            return await poll()
          case 'ask':
            return await ask(200)
          case 'ask without result':
            return await ask(503)
          case 'fail in the end':
            throw Object.assign(new Error('bad request'), { status: 400 })
          case 'wait':
            return await time.wait(5000)
          case 'hang':
            return await untilAborted(currentExecution()!.signal)
          case 'leave work behind':
            time
              .wait(7000)
              .then(() => pay(1))
              .catch(() => {})
            return
          case 'pause': {
            const resume = currentExecution()?.pause('approval')
            await time.wait(30_000)
            resume?.()
          }
        }
      }
      async function attempt(kind: 'own' | 'fallbacks'): Promise<void> {
        made[kind] += 1
        const steps = options.attempts[(made.own + made.fallbacks - 1) % options.attempts.length]!
        for (const each of steps) await does(each)
      }
      async function* stream(kind: 'own' | 'fallbacks'): AsyncGenerator<string> {
        made[kind] += 1
        const steps = options.attempts[(made.own + made.fallbacks - 1) % options.attempts.length]!
        for (const each of steps) {
          await does(each)
          yield each
        }
      }
      const body = (kind: 'own' | 'fallbacks') => () => (isStream ? stream(kind) : attempt(kind))
      const abort = new AbortController()
      const agentOptions: InstrumentAgentOptions<[]> = {
        name: 'worker',
        logger: false,
        signalFrom: () => abort.signal,
        recovery: {
          maxRetries,
          stallTimeoutSeconds: options.stallTimeoutSeconds,
          attemptTimeoutSeconds: options.attemptTimeoutSeconds,
          totalTimeoutSeconds: options.totalTimeoutSeconds,
          provider: { breaker: options.breaker },
        },
        budget: { toolCalls, seconds: options.seconds },
        ...(sameToolCall !== undefined && { loop: { sameToolCall } }),
        ...(options.fallbacks > 0 && { fallback: Array.from({ length: options.fallbacks }, () => body('fallbacks')) }),
        ...(isQueued && {
          continuation: () => ({
            executionId: `combined/${number}`,
            attempt: made.invocations,
            isFinal: ({ isRetryable }) => !isRetryable || made.invocations > maxRetries,
          }),
        }),
      }
      const agent = instrumentAgent(body('own'), agentOptions)
      async function call(): Promise<void> {
        made.invocations += 1
        await invocation.run(made.invocations, async () => {
          const result: unknown = await agent()
          if (isStream) for await (const _ of result as AsyncIterable<unknown>);
        })
      }
      async function work(): Promise<void> {
        for (;;) {
          try {
            return await call()
          } catch (error) {
            if (!isQueued || made.invocations > maxRetries || getActiveExecutions({ agentName: 'worker' }).length > 0) throw error
            if ((await ended()) > 0) throw error
            await time.wait(5000)
          }
        }
      }
      const ended = (): Promise<number> => telemetry.sum('agent.executions', { 'agent.name': 'worker' })
      const parent = instrumentAgent(work, {
        name: 'parent',
        logger: false,
        recovery: false,
        budget: { toolCalls: options.parentToolCalls },
      })
      let outcome = 'pending'
      const settled = (hasParent ? parent() : work()).then(
        () => (outcome = 'fulfilled'),
        () => (outcome = 'rejected'),
      )
      if (options.abortAfterSeconds !== undefined)
        time.after(options.abortAfterSeconds * 1000, () => abort.abort(new Error('stop')))
      await time.pass(600)
      const hangs = outcome === 'pending'
      if (hangs) {
        // Nothing limits it, except its caller
        const limits = [options.stallTimeoutSeconds, options.attemptTimeoutSeconds, options.seconds, options.abortAfterSeconds]
        expect(limits.every((limit) => limit === undefined)).toBe(true)
        abort.abort(new Error('stop'))
        await time.pass(600)
      }
      await time.pass(1)
      expect(effects.pay).toBeLessThanOrEqual(1)
      const most = 1 + maxRetries
      expect(made.own).toBeLessThanOrEqual(isQueued ? made.invocations : most)
      expect(made.fallbacks).toBeLessThanOrEqual(options.fallbacks)
      if (toolCalls !== undefined) expect(openToolCalls).toBeLessThanOrEqual(toolCalls)
      if (sameToolCall !== undefined) expect(Math.max(0, ...polls.values())).toBeLessThanOrEqual(sameToolCall)
      expect(outcome).not.toBe('pending')
      await settled
      expect(await telemetry.sum('active_executions', { 'agent.name': 'worker' })).toBe(0)
      expect(getActiveExecutions({ agentName: 'worker' })).toEqual([])
      if (!isQueued) expect(await ended()).toBe(1)
      else expect(await ended()).toBeLessThanOrEqual(1)
      const counts = telemetry.executions('worker')
      for (const { attempts } of counts) expect(attempts).toBeLessThanOrEqual(most + options.fallbacks)
    } finally {
      time.end()
      await telemetry.shutdown()
    }
  },
  120_000,
)
