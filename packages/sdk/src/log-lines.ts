import { shownErrorType } from './names.ts'
import type { Logger } from './options.ts'
import { guarded } from './telemetry/guard.ts'

const maxLength = 200
// What any console shows, Windows' included: printable ASCII
const ascii = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?')
const cut = (text: string): string => (text.length > maxLength ? `${text.slice(0, maxLength - 3)}...` : text)
const oneDecimal = (seconds: number): string => seconds.toFixed(1)
const shortest = (seconds: number): string => String(Math.round(seconds * 10) / 10)

/** The error of an attempt or of a run, as a line shows it. */
interface ShownError {
  readonly errorType: string
  /** Redacted; absent where messages must not be shown. */
  readonly errorMessage?: string | undefined
}

/** `(TypeError): fetch failed`, and why no retry follows or its wait is longer, where the rest of the line does not show it. */
function reason({ errorType, errorMessage = '' }: ShownError, because?: string): string {
  // On one line, so that nothing in it looks like a line of its own
  const message = cut(errorMessage.replaceAll(/\s+/g, ' ').trim())
  const words = [message, because ?? ''].filter((each) => each !== '').join('; ')
  return `(${shownErrorType(errorType)})${words === '' ? '' : `: ${words}`}`
}

/**
 * `[RETRY] api-integrator attempt 3/4 in 15 s (429): slow down`; `of` is absent where a policy of the user's decides. With a fallback,
 * `[RETRY] api-integrator attempt 5 with fallback small-model (503): overloaded`.
 */
export function retryLine(
  agentName: string,
  retry: ShownError & { attempt: number; of?: number; waitSeconds: number; fallback?: string; because?: string },
): string {
  const { attempt, of, waitSeconds, fallback } = retry
  if (fallback !== undefined)
    return ascii(`[RETRY] ${cut(agentName)} attempt ${attempt} with fallback ${fallback} ${reason(retry, retry.because)}`)
  const count = of === undefined ? `${attempt}` : `${attempt}/${of}`
  const wait = of === undefined ? `after ${oneDecimal(waitSeconds)} s` : `in ${shortest(waitSeconds)} s`
  return ascii(`[RETRY] ${cut(agentName)} attempt ${count} ${wait} ${reason(retry, retry.because)}`)
}

/** `[RETRY] api-integrator attempt 1 failed, its queue decides on the next one (429): slow down` */
export function queuedLine(agentName: string, failed: ShownError & { attempt: number }): string {
  return ascii(`[RETRY] ${cut(agentName)} attempt ${failed.attempt} failed, its queue decides on the next one ${reason(failed)}`)
}

/** `[SUCCESS] api-integrator recovered on attempt 3 after 20.4 s` */
export function successLine(agentName: string, attempts: number, seconds: number): string {
  return ascii(`[SUCCESS] ${cut(agentName)} recovered on attempt ${attempts} after ${oneDecimal(seconds)} s`)
}

/**
 * `[FAILED] api-integrator gave up after 4 attempts, 50.3 s (429): slow down execution_id=5f0c3a9e1b2d4c68-2s trace_id=4bf92f...`. The
 * ids come last, so that text of the error cannot pose as one of them; the trace id is absent without a trace.
 */
export function failedLine(agentName: string, failed: FailedRun): string {
  const { attempts, seconds, because, executionId, traceId } = failed
  const calls = `${attempts} attempt${attempts === 1 ? '' : 's'}`
  const ids = `execution_id=${executionId}${traceId === undefined ? '' : ` trace_id=${traceId}`}`
  return ascii(`[FAILED] ${cut(agentName)} gave up after ${calls}, ${oneDecimal(seconds)} s ${reason(failed, because)} ${ids}`)
}

/** A run that failed, as its line shows it. */
interface FailedRun extends ShownError {
  readonly attempts: number
  readonly seconds: number
  readonly because?: string | undefined
  readonly executionId: string
  readonly traceId?: string | undefined
}

/** `[WARN] researcher has used 84 % of its budget of 0.5 USD` */
export function warnLine(agentName: string, text: string): string {
  return ascii(`[WARN] ${cut(agentName)} ${text}`)
}

/** Logs a line; an error of the logger is only counted. */
export function logLine(logger: Logger | false, level: 'warn' | 'error', line: string): void {
  if (logger !== false) guarded('logger', () => logger[level](line))
}
