import type { InstrumentAgentOptions } from './options.ts'
import { isInstance, peek } from './peek.ts'
import { guarded, trip } from './telemetry/guard.ts'

/** The AbortSignal that a call was given: by `signalFrom`, or an argument that is one, or an argument's `signal` or `abortSignal`. */
export function callerSignal(
  args: unknown[],
  signalFrom: InstrumentAgentOptions<never, never>['signalFrom'],
): AbortSignal | undefined {
  if (signalFrom) {
    const signal: unknown = guarded('option', () => signalFrom(...(args as never)))
    if (signal === undefined || isInstance(signal, AbortSignal)) return signal
    trip('option', new TypeError('signalFrom() must return an AbortSignal'))
    return undefined
  }
  for (const argument of args) {
    if (typeof argument !== 'object' || argument === null) continue
    for (const candidate of [argument, peek(argument, 'signal'), peek(argument, 'abortSignal')]) {
      if (isInstance(candidate, AbortSignal)) return candidate
    }
  }
  return undefined
}
