import { readFileSync } from 'node:fs'
import { runInThisContext } from 'node:vm'

import { expect, test } from 'vitest'

import * as known from '../src/errors/known-errors.ts'
import { errorType, isRetryable } from '../src/index.ts'
import { nextStep } from '../src/recovery/next-step.ts'
import { retryAfterSeconds, serverWaitSeconds } from '../src/recovery/retry-after.ts'
import { defaultRecovery } from '../src/recovery/settings.ts'
import { reportedError } from '../src/stream/known-chunks.ts'

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')

/** The rows below a heading, as their cells. */
function rowsOf(heading: string): string[][] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

const thrown = (code: string): unknown => runInThisContext(`(${code.slice(1, -1)})`) as unknown
const read = [
  'Statuses',
  'Words of providers',
  'AWS',
  'gRPC',
  'Cancelled and too late',
  'Errors of Swarmwatch',
  'Connections, programs, databases',
  'Errors that wrap others',
].flatMap(rowsOf)

test.for(read)('the page is right: %s is %s, retried: %s', ([code, type, retried]) => {
  const error = thrown(code!)
  expect([errorType(error), isRetryable(error) ? 'yes' : 'no']).toEqual([type, retried])
})

test.for(rowsOf('Answers of the wrong shape'))('the page is right: %s is %s, retried: %s', ([code, type, retried]) => {
  const error = thrown(code!)
  const failed = { error, attempt: 2, elapsedSeconds: 0, wallClockMs: 0 }
  const isRetried = (earlierErrors: unknown[]): boolean => nextStep({ ...failed, earlierErrors }, defaultRecovery).retry
  const answer = !isRetried([new Error('x')]) ? 'no' : isRetried([error]) ? 'yes' : 'once'
  expect([errorType(error), answer]).toEqual([type, retried])
})

test('the page names every error of an answer of the wrong shape', () => {
  const section = page.split(/^## /m).find((each) => each.startsWith('Answers of the wrong shape'))!
  const names = section
    .split('to the names')[1]!
    .split('|')[0]!
    .matchAll(/`([^`]+)`/g)
  expect(Array.from(names, ([, name]) => name!.toLowerCase())).toEqual([...known.unusableAnswers])
})

test.for(rowsOf('Errors that a stream reports'))('the page is right: a chunk %s is %s, retried: %s', ([code, type, retried]) => {
  const { error } = reportedError(thrown(code!))!
  expect([errorType(error), isRetryable(error) ? 'yes' : 'no']).toEqual([type, retried])
})

test.for(rowsOf('How long to wait'))('the page is right: %s asks to wait %s seconds', ([code, seconds]) => {
  expect(retryAfterSeconds(thrown(code!), Date.parse('2026-11-24T10:00:00Z'))).toBe(seconds ? Number(seconds) : undefined)
})

test.for(rowsOf('Used-up quotas'))('the page is right: %s waits %s seconds', ([code, seconds]) => {
  expect(serverWaitSeconds(thrown(code!), Date.parse('2026-11-24T10:00:00Z'))).toBe(seconds ? Number(seconds) : undefined)
})

test('every word that decides is on the page, and every word on the page decides', () => {
  const words = rowsOf('All words').map(([, cell]) =>
    cell!
      .toLowerCase()
      .split(' ')
      .map((each) => each.replaceAll('`', '')),
  )
  const { hopelessWords, hopelessStatusWords, transientWords, hopelessNames, cancelWords, connectionCodes } = known
  const lists = [hopelessWords, hopelessStatusWords, transientWords, hopelessNames, cancelWords, connectionCodes]
  expect(words).toEqual(lists.map((list) => [...list]))
})

test('the page has a row for every table that this test reads', () => {
  expect(read.length).toBeGreaterThan(90)
  expect(rowsOf('How long to wait').length).toBeGreaterThan(15)
  expect(rowsOf('Used-up quotas').length).toBeGreaterThan(5)
  expect(rowsOf('Errors that a stream reports').length).toBeGreaterThan(10)
})
