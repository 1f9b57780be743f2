import { diag, type Counter } from '@opentelemetry/api'

import { attribute } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { propertyOf } from '../unknown-values.ts'

/** Places where an error of this package, or of telemetry that it calls, is swallowed. */
export type GuardedPlace = 'span' | 'metric' | 'listener' | 'logger' | 'option' | 'capture' | 'framework'

/** Places whose first swallowed error was reported. */
export const reportedPlaces: Set<GuardedPlace> = processWide('reported-places/1', () => new Set<GuardedPlace>())

let counter: (() => Counter) | undefined
let counting = false

/** Sets the counter for swallowed errors; called by the instruments, which depend on this module. */
export function countTripsOn(current: () => Counter): void {
  counter = current
}

/** Swallows an error so that the agent continues: counts it, and reports it once per place to OpenTelemetry's `diag`. */
export function trip(where: GuardedPlace, error: unknown): void {
  if (!counting) {
    counting = true
    try {
      counter?.().add(1, { [attribute.where]: where })
    } catch {
      // Counting is telemetry too, and may itself trip
    }
    counting = false
  }
  if (reportedPlaces.has(where)) return
  reportedPlaces.add(where)
  try {
    const name = propertyOf(error, 'name')
    const kind = typeof name === 'string' ? name.slice(0, 100) : typeof error
    diag.error(`swarmwatch: ${where} threw (${kind}); the agent continues; further errors are only counted`)
  } catch {
    // So is reporting it
  }
}

/** Calls a function of another owner; returns undefined if it throws. If it returns a promise that rejects, the process continues. */
export function guarded<T>(where: GuardedPlace, call: () => T): T | undefined {
  try {
    const result = call()
    if (result instanceof Promise) result.catch((error: unknown) => trip(where, error))
    return result
  } catch (error) {
    trip(where, error)
    return undefined
  }
}
