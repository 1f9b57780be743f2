import { diag } from '@opentelemetry/api'

import { attribute } from '../names.ts'
import { processWide } from '../process-wide.ts'

/** Where an error of ours, or of telemetry that we call, was swallowed. */
export type GuardedPlace = 'span' | 'metric' | 'listener' | 'logger' | 'option' | 'capture'

/** Swallows an error so that the agent goes on: counts it, and says it once per place to OpenTelemetry's `diag`. */
export function trip(where: GuardedPlace, error: unknown): void {
  try {
    processWide.telemetry?.instruments.guardTrips.add(1, { [attribute.where]: where })
  } catch {
    // Counting is telemetry too
  }
  if (processWide.saidTrips.has(where)) return
  processWide.saidTrips.add(where)
  try {
    const name = error instanceof Error ? error.name : typeof error
    diag.error(`swarmwatch: a ${where} threw (${name}); the agent goes on, further ones are only counted`)
  } catch {
    // So is saying it
  }
}

/** Calls what belongs to somebody else; undefined if it throws. */
export function guarded<T>(where: GuardedPlace, call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    trip(where, error)
    return undefined
  }
}
