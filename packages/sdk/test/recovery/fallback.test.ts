import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import {
  currentExecution,
  instrumentAgent,
  InvalidOptionsError,
  recoveryOf,
  type InstrumentAgentOptions,
} from '../../src/index.ts'
import { UncertainEffectError } from '../../src/once/once-errors.ts'
import { keptLines } from '../kept-lines.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const failure = (status: number): Error => Object.assign(new Error(`status ${status}`), { status })

/** An agent that fails with `status`, with these fallbacks; `called` has the name of each call in order. */
function failing(
  status: number,
  fallbacks: Record<string, () => string>,
  options: Partial<InstrumentAgentOptions<[task: string], string>> = {},
) {
  const called: string[] = []
  const { lines, logger } = keptLines()
  const primary = async (_task: string): Promise<string> => {
    called.push('primary')
    throw failure(status)
  }
  const fallback = Object.entries(fallbacks).map(([name, fn]) => ({
    name,
    fn: async (task: string): Promise<string> => {
      called.push(`${name} ${task} ${currentExecution()?.attempt}`)
      return fn()
    },
  }))
  return { agent: instrumentAgent(primary, { name: 'writer', logger, fallback, ...options }), called, lines }
}

test('a fallback is called with the same arguments after the last retry, and its result is returned', async () => {
  const { agent, called, lines } = failing(503, { small: () => 'short answer' })
  expect(await agent('task')).toBe('short answer')
  expect(called).toEqual(['primary', 'primary', 'primary', 'primary', 'small task 5'])
  expect(lines.slice(-2)).toEqual([
    '[RETRY] writer attempt 5 with fallback small (503): status 503',
    expect.stringMatching(/^\[SUCCESS\] writer recovered on attempt 5/),
  ])
  const spans = telemetry.spans()
  const fallbackOf = (name: string): unknown =>
    spans.find((span) => span.name === name)?.attributes['swarmwatch.attempt.fallback']
  expect(['attempt 4', 'attempt 5', 'invoke_agent writer'].map(fallbackOf)).toEqual([undefined, 'small', 'small'])
  expect(telemetry.executions('writer')[0]).toMatchObject({ attempts: 5, outcome: 'success', retryOutcome: 'recovered' })
})

test('a fallback is called at once after an error that is not retried', async () => {
  const { agent, called } = failing(401, { small: () => 'ok' })
  expect(await agent('task')).toBe('ok')
  expect(called).toEqual(['primary', 'small task 2'])
})

test('each fallback is called once, in order, and the error of the last one is thrown', async () => {
  const last = failure(500)
  const { agent, called } = failing(401, {
    first: () => {
      throw failure(503)
    },
    second: () => {
      throw last
    },
  })
  await expect(agent('task')).rejects.toBe(last)
  expect(called).toEqual(['primary', 'first task 2', 'second task 3'])
  expect(recoveryOf(last)).toMatchObject({ attempts: 3, outcome: 'exhausted', errors: [{ status: 401 }, { status: 503 }] })
})

test('a rejected result leads to the fallback, and that of the fallback is judged, too', async () => {
  const agent = instrumentAgent(async () => '', {
    name: 'empty',
    logger: false,
    recovery: false,
    failIf: (text) => text.length < 3,
    fallback: [async () => 'no', async () => 'a long answer'],
  })
  expect(await agent()).toBe('a long answer')
})

test('no fallback follows a cancelled run, an exceeded budget, or an effect that may have happened', async () => {
  const fallback = [vi.fn(async () => 'never')]
  const options = { logger: false, fallback } as const
  const controller = new AbortController()
  const cancelled = instrumentAgent(
    async (_: AbortSignal): Promise<string> => {
      controller.abort(new Error('stop'))
      throw new Error('x')
    },
    { name: 'cancelled', ...options },
  )
  await expect(cancelled(controller.signal)).rejects.toThrow('x')
  const spent = instrumentAgent(
    async (): Promise<string> => {
      currentExecution()!.addCost(2)
      return await new Promise<string>(() => {})
    },
    { name: 'spent', budget: { usd: 1 }, ...options },
  )
  await expect(spent()).rejects.toThrow('budget')
  const uncertain = instrumentAgent(
    async (): Promise<string> => {
      throw new UncertainEffectError('pay', 'key-1', 'run-1', undefined)
    },
    { name: 'uncertain', ...options },
  )
  await expect(uncertain()).rejects.toThrow(UncertainEffectError)
  expect(fallback[0]).not.toHaveBeenCalled()
})

test('a fallback can return a stream, whose end is the end of the run', async () => {
  const agent = instrumentAgent(
    async function* (): AsyncGenerator<string> {
      yield await Promise.reject<string>(failure(401))
    },
    {
      name: 'streamer',
      logger: false,
      fallback: [
        async function* () {
          yield 'a'
          yield 'b'
        },
      ],
    },
  )
  const chunks: string[] = []
  for await (const chunk of agent()) chunks.push(chunk)
  expect(chunks).toEqual(['a', 'b'])
  expect(telemetry.executions('streamer')[0]).toMatchObject({ attempts: 2, outcome: 'success' })
})

test('invalid fallbacks are rejected with all problems at once', () => {
  const problems = (fallback: unknown): string[] => {
    try {
      instrumentAgent(async () => 'x', { name: 'x', fallback: fallback as never })
    } catch (error) {
      if (error instanceof InvalidOptionsError) return error.message.split('\n')
    }
    return []
  }
  expect(problems([])).toEqual(['instrumentAgent: fallback must be a list of 1 to 20 functions, got an array'])
  expect(problems([5, { name: '', fn: 5 }])).toEqual([
    'instrumentAgent: fallback[0] must be a function or { name, fn }, got 5',
    'instrumentAgent: fallback[1].name must be a string of 1 to 100 characters, got ""',
    'instrumentAgent: fallback[1].fn must be a function, got 5',
  ])
})
