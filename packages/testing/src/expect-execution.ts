import { AssertionError } from 'node:assert'
import { inspect, isDeepStrictEqual } from 'node:util'

import type { RecordedExecution } from './recorded-execution.ts'

/**
 * Expectations about a run. Each property is a value that must be deeply equal (in `tokens` and `attributes` only the named properties are
 * compared), or a function that returns whether it accepts the recorded value.
 */
export type ExpectedExecution = {
  readonly [Part in keyof RecordedExecution]?: Partial<RecordedExecution[Part]> | ((recorded: RecordedExecution[Part]) => boolean)
}

type Part = keyof RecordedExecution

/**
 * Returns the first of an agent's runs that matches `expected`. Otherwise throws an AssertionError that shows the differences of each run,
 * or, if the agent has no run, the recorded runs of others. `running` holds the agents of unfinished runs.
 */
export function findExecution(
  executions: readonly RecordedExecution[],
  agentName: string,
  expected: ExpectedExecution,
  running: readonly string[],
): RecordedExecution {
  const candidates = executions.filter((execution) => execution.agentName === agentName)
  const found = candidates.find((execution) => differences(execution, expected).length === 0)
  if (found) return found
  const [only] = candidates
  throw new AssertionError({
    message: candidates.length === 0 ? nothing(executions, agentName, running) : unlike(candidates, agentName, expected),
    // A test runner shows their difference
    ...(candidates.length === 1 && { actual: parts(only!, expected), expected }),
    operator: 'expectExecution',
  })
}

function differences(execution: RecordedExecution, expected: ExpectedExecution): Part[] {
  return (Object.keys(expected) as Part[]).filter((part) => !matches(execution[part], expected[part]))
}

function matches(recorded: unknown, expected: unknown): boolean {
  if (expected === undefined) return true
  if (typeof expected === 'function') return Boolean(expected(recorded))
  if (!isRecord(expected) || !isRecord(recorded)) return isDeepStrictEqual(recorded, expected)
  return Object.entries(expected).every(([key, value]) => isDeepStrictEqual(recorded[key], value))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const parts = (execution: RecordedExecution, expected: ExpectedExecution): object =>
  Object.fromEntries((Object.keys(expected) as Part[]).map((part) => [part, execution[part]]))

const show = (value: unknown): string =>
  typeof value === 'function'
    ? 'a value that the function accepts'
    : inspect(value, { breakLength: Infinity, maxStringLength: 200, maxArrayLength: 20 })

function unlike(candidates: readonly RecordedExecution[], agentName: string, expected: ExpectedExecution): string {
  const runs = candidates.slice(0, shownRuns).map((execution) => {
    const wrong = differences(execution, expected).map(
      (part) => `\n    ${part}: expected ${show(expected[part])}, recorded ${show(execution[part])}`,
    )
    return `\n  ${summary(execution)}${wrong.join('')}`
  })
  return `no run of ${agentName} matches; recorded:${runs.join('')}${andMore(candidates.length)}`
}

function nothing(executions: readonly RecordedExecution[], agentName: string, running: readonly string[]): string {
  const finished = executions.slice(0, shownRuns).map((execution) => `\n  ${summary(execution)}`)
  const open = running
    .slice(0, shownRuns)
    .map((name) => `\n  ${name}: has not finished; is it awaited, is its stream read to the end?`)
  const others = [...finished, andMore(executions.length), ...open, andMore(running.length)].filter((line) => line !== '')
  return `no run of ${agentName} has finished; recorded:${others.length === 0 ? ' nothing' : others.join('')}`
}

/** Maximum number of runs in a message. */
const shownRuns = 10
const andMore = (count: number): string => (count > shownRuns ? `\n  and ${count - shownRuns} more` : '')

function summary({ agentName, outcome, retryOutcome, attempts, errorType }: RecordedExecution): string {
  const type = errorType === undefined ? '' : ` (${errorType})`
  return `${agentName}: ${outcome}${type}, ${retryOutcome}, ${attempts} attempt${attempts === 1 ? '' : 's'}`
}
