import { AssertionError } from 'node:assert'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentExecution, instrumentAgent, instrumentTool } from '@swarmwatch/sdk'
import { startTestTelemetry, type ExpectedExecution, type TestTelemetry } from '../src/index.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const failing = (status: number) => async (): Promise<never> => {
  throw Object.assign(new Error(`no: ${status}`), { status })
}
const agent = <Args extends unknown[], Result>(name: string, fn: (...args: Args) => Result) =>
  instrumentAgent(fn, { name, logger: false })

function failureOf(agentName: string, expected?: ExpectedExecution): AssertionError {
  try {
    telemetry.expectExecution(agentName, expected)
  } catch (error) {
    expect(error).toBeInstanceOf(AssertionError)
    return error as AssertionError
  }
  throw new Error('it was as expected')
}

test('returns everything that is known about a run', async () => {
  const look = instrumentTool(async () => 'found', { name: 'look' })
  const inner = agent('inner', async () => look())
  const outer = instrumentAgent(
    async (text: string) => {
      const execution = currentExecution()!
      execution.addTokens({ input: 10, output: 5, model: 'm-1' })
      execution.addCost(0.25, { model: 'm-1' })
      if (execution.attempt < 3) await failing(execution.attempt === 1 ? 429 : 503)()
      await look()
      await inner()
      return text
    },
    { name: 'outer', variant: 'b', attributes: { team: 'search' }, logger: false },
  )
  await outer('x')
  const { id, durationSeconds, attributes, ...run } = telemetry.expectExecution('outer')
  expect(run).toEqual({
    agentName: 'outer',
    variant: 'b',
    outcome: 'success',
    retryOutcome: 'recovered',
    attempts: 3,
    waits: [5, 15],
    attemptErrors: ['429', '503'],
    errorType: undefined,
    errorMessage: undefined,
    // The tool of the agent that it called is that one's
    tools: ['look'],
    tokens: { input: 30, output: 15 },
    cachedInputTokens: 0,
    // No instrumentation saw a model call
    modelCalls: 0,
    httpTries: 0,
    models: [],
    costUsd: 0.75,
  })
  expect(durationSeconds).toBeGreaterThanOrEqual(20)
  expect(attributes).toMatchObject({ team: 'search', 'swarmwatch.execution.id': id })
  telemetry.expectExecution('inner', { tools: ['look'], attempts: 1 })
})

test('compares the given properties: values deeply, tokens and attributes partially, and others by a function', async () => {
  await instrumentAgent(async () => currentExecution()!.addTokens({ input: 7, output: 3 }), {
    name: 'a',
    attributes: { team: 'x', tags: ['p', 'q'] },
  })()
  telemetry.expectExecution('a', {
    tokens: { input: 7 },
    attributes: { tags: ['p', 'q'] },
    waits: [],
    durationSeconds: (seconds) => seconds < 60,
    errorType: undefined,
  })
  expect(
    failureOf('a', { tokens: { output: 4 }, attributes: { tags: ['p'] }, attempts: (count) => count > 1 }).message,
  ).toContain('attempts: expected a value that the function accepts, recorded 1')
})

test('finds the first run that is as expected among several', async () => {
  await agent('several', failing(401))().catch(() => {})
  await agent('several', async () => 1)()
  await agent('several', async () => 2)()
  const [, second] = telemetry.executions('several')
  expect(telemetry.expectExecution('several', { outcome: 'success' }).id).toBe(second!.id)
})

test('reports the differences, and passes both sides to the test runner', async () => {
  await agent('answerer', failing(401))().catch(() => {})
  const { message, actual, expected, operator } = failureOf('answerer', { outcome: 'success', attempts: 4 })
  expect(message).toMatchInlineSnapshot(`
    "no run of answerer matches; recorded:
      answerer: failure (401), not_retryable, 1 attempt
        outcome: expected 'success', recorded 'failure'
        attempts: expected 4, recorded 1"
  `)
  expect({ actual, expected, operator }).toEqual({
    actual: { outcome: 'failure', attempts: 1 },
    expected: { outcome: 'success', attempts: 4 },
    operator: 'expectExecution',
  })
})

test('reports the differences of each of several runs', async () => {
  await agent('answerer', failing(401))().catch(() => {})
  await agent('answerer', async () => 1)()
  expect(failureOf('answerer', { errorType: '404' }).message).toMatchInlineSnapshot(`
    "no run of answerer matches; recorded:
      answerer: failure (401), not_retryable, 1 attempt
        errorType: expected '404', recorded '401'
      answerer: success, first_try, 1 attempt
        errorType: expected '404', recorded undefined"
  `)
})

test('lists the recorded runs when there is no such run, also unfinished ones', async () => {
  expect(failureOf('nobody').message).toBe('no run of nobody has finished; recorded: nothing')
  await agent('somebody', async () => 1)()
  const done = Promise.withResolvers<void>()
  const running = agent('busy', () => done.promise)()
  expect(failureOf('nobody').message).toMatchInlineSnapshot(`
    "no run of nobody has finished; recorded:
      somebody: success, first_try, 1 attempt
      busy: has not finished; is it awaited, is its stream read to the end?"
  `)
  done.resolve()
  await running
})

test('shows ten of many runs', async () => {
  const many = agent('many', async () => 1)
  await Promise.all(Array.from({ length: 25 }, () => many()))
  expect(failureOf('many', { attempts: 2 }).message.split('\n')).toHaveLength(1 + 10 * 2 + 1)
  expect(failureOf('many', { attempts: 2 }).message).toContain('\n  and 15 more')
  expect(failureOf('nobody').message).toContain('\n  and 15 more')
})
