import type { SpanContext } from '@opentelemetry/api'

import { logLine, warnLine } from '../log-lines.ts'
import { processWide } from '../process-wide.ts'
import { messageOf } from '../telemetry/content.ts'
import { trip } from '../telemetry/guard.ts'
import { isInstance, isObject, propertyOf } from '../unknown-values.ts'
import type { Agent } from './agent.ts'
import type { Continuation } from './continuation.ts'
import { spanContextOf } from './traceparent.ts'

/** A checked {@link Continuation}. */
export interface ReadContinuation {
  readonly executionId: string
  readonly attempt: number
  readonly isFinal: Continuation['isFinal']
  readonly firstStartedAt: number | undefined
  readonly previousErrorType: string | undefined
  readonly parent: SpanContext | undefined
}

/** Names of agents. Those that are called by `executeWithRecovery()` are objects of their own in each call. */
const warned = processWide('continuation-warnings/1', () => new Set<string>())
const maxWarned = 1_000

/**
 * Calls the option `continuation`. Returns undefined for a plain run: if it returned undefined, threw, or returned something else than a
 * {@link Continuation}. The last two are counted, and printed once for each agent.
 */
export function readContinuation(agent: Agent, args: readonly unknown[]): ReadContinuation | undefined {
  const { continuation } = agent.options
  return continuation && continuationFrom(agent, () => continuation(...(args as never)))
}

/** {@link readContinuation} for the value that `read` returns. */
export function continuationFrom(agent: Agent, read: () => unknown): ReadContinuation | undefined {
  try {
    const value = read()
    return value === undefined || value === null ? undefined : checked(value)
  } catch (error) {
    trip('option', error)
    if (warned.size < maxWarned && !warned.has(agent.name)) {
      warned.add(agent.name)
      const reason = isInstance(error, InvalidContinuation) ? error.message : thrown(error, agent)
      logLine(agent.logger, 'warn', warnLine(agent.name, `ignores its queue and retries by itself: ${reason}`))
    }
    return undefined
  }
}

function thrown(error: unknown, { options }: Agent): string {
  const message = messageOf(error, options.errorMessages)
  return message === undefined || message === '' ? 'continuation() threw' : `continuation() threw: ${message}`
}

class InvalidContinuation extends TypeError {}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length >= 1 && value.length <= 200

function checked(value: unknown): ReadContinuation {
  if (isInstance(value, Promise)) {
    value.catch(() => {})
    throw new InvalidContinuation('continuation() must return an object or undefined, not a promise')
  }
  if (!isObject(value)) throw new InvalidContinuation('continuation() must return an object or undefined')
  const executionId = propertyOf(value, 'executionId')
  const attempt = propertyOf(value, 'attempt')
  const isFinal = propertyOf(value, 'isFinal')
  const problems: string[] = []
  if (!isText(executionId)) problems.push('executionId must be a string of 1 to 200 characters')
  if (!Number.isSafeInteger(attempt) || (attempt as number) < 1) problems.push('attempt must be an integer >= 1')
  if (typeof isFinal !== 'boolean' && typeof isFinal !== 'function') problems.push('isFinal must be a boolean or a function')
  if (problems.length > 0) throw new InvalidContinuation(`continuation(): ${problems.join('; ')}`)
  return {
    executionId: executionId as string,
    attempt: attempt as number,
    isFinal: isFinal as Continuation['isFinal'],
    firstStartedAt: optional(
      propertyOf(value, 'firstStartedAt'),
      timeOf,
      'firstStartedAt must be a Date or milliseconds since 1970',
    ),
    previousErrorType: optional(
      propertyOf(value, 'previousErrorType'),
      (type) => (isText(type) ? type : undefined),
      'previousErrorType must be a string of 1 to 200 characters',
    ),
    parent: optional(propertyOf(value, 'traceparent'), spanContextOf, 'traceparent must be a W3C traceparent'),
  }
}

/** Returns what `read` makes of a value. One that is invalid counts as unset: the attempt still belongs to its execution. */
function optional<T>(value: unknown, read: (value: unknown) => T | undefined, rule: string): T | undefined {
  if (value === undefined || value === null) return undefined
  const result = read(value)
  if (result === undefined) trip('option', new InvalidContinuation(rule))
  return result
}

// Seconds since 1970 are below it
const year2000 = 946_684_800_000

function timeOf(value: unknown): number | undefined {
  const time = isInstance(value, Date) ? value.getTime() : value
  return typeof time === 'number' && time >= year2000 && time < Number.POSITIVE_INFINITY ? time : undefined
}
