import { hideCause } from '../errors/error-details.ts'
import type { EffectiveRecovery } from '../recovery/settings.ts'
import { rejectionOf } from '../results/fail-if.ts'
import { keptAnswer, type StreamAnswer, StreamCollector } from '../results/stream-answer.ts'
import { openStream } from '../stream/open-stream.ts'
import { whenCollected, type StreamLimit, type StreamWatch } from '../stream/watch-iterator.ts'
import { guarded } from '../telemetry/guard.ts'
import type { Deadline } from './deadline.ts'
import type { Execution } from './execution.ts'
import type { FailedWithValue } from './failed-answer.ts'
import type { RunEnding } from './run-ending.ts'

/** The attempt whose result is, or contains, a stream. */
export interface StreamAttempt {
  readonly execution: Execution
  readonly ending: RunEnding
  readonly settings: EffectiveRecovery
  readonly caller: AbortSignal | undefined
  readonly deadline: Deadline | undefined
  /** True if the caller already has the result, so that it must be watched at once. */
  readonly isImmediate: boolean
  /** Returns whether this attempt still decides how the run ends: no time limit has ended it, and no later attempt has started. */
  isCurrent(): boolean
  /** Is called when the stream has its first chunk: from now on, the end of the stream is the end of the run. */
  opened(): void
  /** Is called if the stream reported an error before its first chunk. */
  failedWith(failure: FailedWithValue): void
}

/** After an abort, a stream whose source is still being read has this long to report how it ended. */
const abortGraceMs = 100

/**
 * Reads the first chunk of the stream that a result is or contains, and returns the value for the caller. Rejects if the stream fails
 * before its first chunk, so that the attempt can be retried.
 */
export async function openRunStream(result: object, attempt: StreamAttempt): Promise<unknown> {
  const { execution, ending, caller, deadline } = attempt
  const watch = watchFor(result, attempt)
  const { streamOf } = execution.agent.options
  const opened = await openStream(result, attempt.isImmediate ? undefined : streamOf, watch)
  if (!opened) return result
  if (!attempt.isCurrent()) {
    // A time limit ended the attempt before the first chunk arrived
    closeQuietly(opened.close)
    return opened.value
  }
  const reported = opened.reported ?? (opened.isEmpty ? execution.modelError : undefined)
  if (reported) {
    if (opened.reported?.isMasked && execution.modelError) hideCause(opened.reported.error, execution.modelError.error)
    attempt.failedWith({ ...reported, value: opened.value, close: opened.close })
    throw reported.error
  }
  const rejection = opened.isEmpty ? judged(attempt, new StreamCollector().answer()) : undefined
  if (rejection) {
    // Nothing has reached the reader, so another attempt can
    closeQuietly(opened.close)
    throw rejection.error
  }
  attempt.opened()
  if (deadline) watch.limit = limitOf(attempt, deadline, opened.close)
  if (execution.limits) {
    watch.limit = execution.limits.ofStream(watch.limit)
    execution.limits.onStop((error) => {
      ending.failed(error)
      closeQuietly(opened.close)
    })
  }
  if (caller) followAbort(attempt, caller, watch)
  if (opened.held) whenCollected(opened.held, brokenOff(watch))
  return opened.value
}

/** Closes a stream that will not be read any further. */
export function closeQuietly(close: () => unknown): void {
  Promise.resolve(guarded('span', close)).catch(() => {})
}

/** Ends the run as its stream ends, unless the attempt was given up before. */
function watchFor(result: object, attempt: StreamAttempt): StreamWatch {
  const { execution, ending, caller } = attempt
  const collector = execution.agent.options.failIf === undefined ? undefined : new StreamCollector()
  // A result that no one holds any more must be collected
  const held = new WeakRef(result)
  const succeeded = (answer: StreamAnswer | undefined): void => {
    if (!attempt.isCurrent()) return
    const rejection = judged(attempt, answer)
    if (!rejection) return ending.succeeded()
    ending.gaveUp = { retry: false, outcome: 'not_retryable', because: 'its reader already has the answer' }
    ending.failed(rejection.error)
  }
  return {
    pulls: 0,
    isImmediate: attempt.isImmediate,
    within: execution.scope(),
    chunk: () => {
      // An agent that continues after a failed model call has an answer
      execution.modelError = undefined
    },
    saw: collector && ((chunk) => guarded('option', () => collector.saw(chunk))),
    progressed: () => execution.progressed('chunk of the stream'),
    done: () => {
      if (!attempt.isCurrent()) return
      if (caller?.aborted) ending.failed(caller.reason)
      else if (execution.modelError) ending.failed(execution.modelError.error)
      else if (!collector) ending.succeeded()
      else {
        const kept = guarded('option', () => keptOf(held))
        if (kept) void kept.then(succeeded)
        else succeeded(collector.answer())
      }
    },
    brokenOff: () => {
      if (attempt.isCurrent()) ending.cancelled()
    },
    failed: (error) => {
      if (attempt.isCurrent()) ending.failed(error)
    },
  }
}

function keptOf(held: WeakRef<object>): ReturnType<typeof keptAnswer> {
  const result = held.deref()
  return result && keptAnswer(result)
}

/** Returns the error for an answer that `failIf` rejects; an answer of unknown shape is not judged. */
function judged({ execution }: StreamAttempt, answer: StreamAnswer | undefined): { readonly error: unknown } | undefined {
  const { failIf } = execution.agent.options
  if (failIf === undefined || answer === undefined) return undefined
  return execution.within(() => rejectionOf(answer, failIf))
}

/** Ends the run when its caller aborts, because the caller may never read the stream again. */
function followAbort({ execution, ending }: StreamAttempt, caller: AbortSignal, watch: StreamWatch): void {
  const end = (): void => ending.cancelled(caller.reason)
  const onAbort = (): void => {
    // The source may be about to report how it ends
    if (watch.pulls > 0) execution.clock.after(abortGraceMs, end)
    else end()
  }
  if (caller.aborted) onAbort()
  else caller.addEventListener('abort', onAbort, { once: true })
  ending.onEnd(() => caller.removeEventListener('abort', onAbort))
}

/** Applies all time limits to each wait for a chunk; between reads, only that of the run. */
function limitOf({ execution, ending, settings }: StreamAttempt, deadline: Deadline, close: () => unknown): StreamLimit {
  const { attemptTimeoutSeconds = Infinity, totalTimeoutSeconds = Infinity } = settings
  let pulls = 0
  const start = (maxSeconds: number): void => {
    const left = Math.max(0, totalTimeoutSeconds - execution.elapsedSeconds())
    if (maxSeconds <= left && maxSeconds < Infinity) deadline.restart(maxSeconds, 'attemptTimeoutSeconds')
    else if (left < Infinity) deadline.restart(left, 'the rest of totalTimeoutSeconds')
    else deadline.cancel()
  }
  start(Infinity)
  // From now on only while a reader waits: one that takes its time does not stall the stream
  execution.stall?.stop()
  deadline.onPassed((error) => {
    ending.failed(error)
    closeQuietly(close)
  })
  ending.onEnd(() => {
    deadline.cancel()
    execution.stall?.stop()
  })
  return {
    isPassed: () => deadline.signal.aborted,
    throwIfPassed: () => deadline.signal.throwIfAborted(),
    pull: async (call) => {
      deadline.signal.throwIfAborted()
      pulls += 1
      if (pulls === 1) {
        start(attemptTimeoutSeconds)
        execution.stall?.start()
      }
      try {
        return await deadline.until(call())
      } finally {
        pulls -= 1
        if (pulls === 0) execution.stall?.stop()
        if (pulls === 0 && !execution.finished) start(Infinity)
      }
    },
  }
}

/** A separate function, so that the closure holds only the watch. */
function brokenOff(watch: StreamWatch): () => void {
  return () => watch.brokenOff()
}
