import type { Logger } from './options.ts'
import { guarded } from './telemetry/guard.ts'

// What any console shows, Windows' included: printable ASCII
const ascii = (text: string): string => text.slice(0, 200).replaceAll(/[^\x20-\x7e]/g, '?')
const oneDecimal = (seconds: number): string => seconds.toFixed(1)
const shortest = (seconds: number): string => String(Math.round(seconds * 10) / 10)

/** `[RETRY] api-integrator attempt 3/4 in 15 s (429)`; `of` is absent where a policy of the user's decides. */
export function retryLine(
  agentName: string,
  retry: { attempt: number; of?: number; waitSeconds: number; errorType: string },
): string {
  const { attempt, of, waitSeconds, errorType } = retry
  const count = of === undefined ? `${attempt}` : `${attempt}/${of}`
  const wait = of === undefined ? `after ${oneDecimal(waitSeconds)} s` : `in ${shortest(waitSeconds)} s`
  return ascii(`[RETRY] ${agentName} attempt ${count} ${wait} (${errorType})`)
}

/** `[SUCCESS] api-integrator recovered on attempt 3 after 20.4 s` */
export function successLine(agentName: string, attempts: number, seconds: number): string {
  return ascii(`[SUCCESS] ${agentName} recovered on attempt ${attempts} after ${oneDecimal(seconds)} s`)
}

/** `[FAILED] api-integrator gave up after 4 attempts, 50.3 s (429)`, and why, where the number of attempts does not say it. */
export function failedLine(
  agentName: string,
  failed: { attempts: number; seconds: number; errorType: string; because?: string | undefined },
): string {
  const { attempts, seconds, errorType, because } = failed
  const why = because === undefined ? '' : `: ${because}`
  return ascii(
    `[FAILED] ${agentName} gave up after ${attempts} attempt${attempts === 1 ? '' : 's'}, ${oneDecimal(seconds)} s (${errorType})${why}`,
  )
}

/** Says a line; a logger that throws is only counted. */
export function say(logger: Logger | false, level: 'warn' | 'error', line: string): void {
  if (logger !== false) guarded('logger', () => logger[level](line))
}
