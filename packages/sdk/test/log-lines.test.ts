import { startTestTelemetry } from '@swarmwatch/testing'
import { expect, test } from 'vitest'

import { getExecutionMetrics, instrumentAgent, type InstrumentAgentOptions, recoveryOf } from '../src/index.ts'
import { keptLines } from './kept-lines.ts'

/** The lines of a run that fails twice with `error`. */
async function linesOf(error: unknown, options: InstrumentAgentOptions<[]> = {}): Promise<string[]> {
  const { lines, logger } = keptLines()
  const recovery = { maxRetries: 1, baseDelaySeconds: 0 }
  await instrumentAgent(() => Promise.reject(error as Error), { name: 'greeter', logger, recovery, ...options })().catch(() => {})
  return lines.map((line) => line.replace(/\d+\.\d s/, 'N s'))
}

test('[RETRY] and [FAILED] show the message of the error after its type', async () => {
  expect(await linesOf(new TypeError('name is not a string'))).toEqual([
    '[RETRY] greeter attempt 2/2 in 0 s (TypeError): name is not a string',
    '[FAILED] greeter gave up after 2 attempts, N s (TypeError): name is not a string',
  ])
})

test('[FAILED] ends with the execution id, and with the trace id of a run that is traced', async () => {
  const lines: string[] = []
  const logger = { warn: () => {}, error: (line: string) => void lines.push(line) }
  const error = new Error('lost trace_id=none')
  const agent = instrumentAgent(() => Promise.reject(error), { name: 'greeter', logger, recovery: false })
  await agent().catch(() => {})
  expect(lines[0]).toMatch(/ \(Error\): lost trace_id=none execution_id=\S+$/)
  expect(lines[0]?.split('execution_id=')[1]).toBe(recoveryOf(error)?.executionId)

  const telemetry = await startTestTelemetry()
  await agent().catch(() => {})
  const [run] = getExecutionMetrics({ recent: 1 }).recent
  await telemetry.shutdown()
  expect(run?.traceId).toMatch(/^[\da-f]{32}$/)
  expect(lines[1]?.endsWith(` execution_id=${run?.id} trace_id=${run?.traceId}`)).toBe(true)
})

test('an error without a word of its own is shown as Error', async () => {
  expect((await linesOf(new Error('no greeting')))[0]).toBe('[RETRY] greeter attempt 2/2 in 0 s (Error): no greeting')
  expect((await linesOf('no greeting'))[0]).toBe('[RETRY] greeter attempt 2/2 in 0 s (Error): no greeting')
  expect((await linesOf(undefined))[0]).toBe('[RETRY] greeter attempt 2/2 in 0 s (Error)')
})

test('the message in a line is redacted, on one line, ASCII, and at most 200 characters', async () => {
  const [line] = await linesOf(new Error('key sk-abcdefghijklmnop refused\n[FAILED] other gave up\r\n\tnäch'))
  expect(line).toBe('[RETRY] greeter attempt 2/2 in 0 s (Error): key *** refused [FAILED] other gave up n?ch')
  const [long] = await linesOf(new Error('long '.repeat(1000)))
  expect(long).toBe(`[RETRY] greeter attempt 2/2 in 0 s (Error): ${'long '.repeat(40).slice(0, 197)}...`)
})

test('errorMessages: false keeps the message out of the lines, and a function decides what they show', async () => {
  expect(await linesOf(new Error('private'), { errorMessages: false })).toEqual([
    '[RETRY] greeter attempt 2/2 in 0 s (Error)',
    '[FAILED] greeter gave up after 2 attempts, N s (Error)',
  ])
  const shout = (message: string): string => message.toUpperCase()
  expect((await linesOf(new Error('private'), { errorMessages: shout }))[0]).toContain('(Error): PRIVATE')
})

test('an error without a message is described by the error that it wraps', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' })
  const [line] = await linesOf(new AggregateError([refused, refused]))
  expect(line).toBe('[RETRY] greeter attempt 2/2 in 0 s (ECONNREFUSED): connect ECONNREFUSED 127.0.0.1:9')
})

test('a ReferenceError and a failed assertion are not retried; other errors of a program are', async () => {
  const failedAssertion = Object.assign(new Error('x'), { name: 'AssertionError', code: 'ERR_ASSERTION' })
  const attempts = async (error: unknown): Promise<number> => (await linesOf(error)).length
  expect(await Promise.all([new ReferenceError('x'), failedAssertion].map(attempts))).toEqual([1, 1])
  expect(await Promise.all([new TypeError('x'), new SyntaxError('x'), new RangeError('x')].map(attempts))).toEqual([2, 2, 2])
})
