import { diag, type Counter } from '@opentelemetry/api'

import { attribute } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { propertyOf } from '../unknown-values.ts'

/** Where an error of ours, or of telemetry that we call, was swallowed. */
export type GuardedPlace = 'span' | 'metric' | 'listener' | 'logger' | 'option' | 'capture'

/** Places whose first swallowed error was reported. */
export const reportedPlaces: Set<GuardedPlace> = processWide('reported-places/1', () => new Set<GuardedPlace>())

let counter: (() => Counter) | undefined
let counting = false

/** Where trips are counted; told by the instruments, which need this module themselves. */
export function countTripsOn(current: () => Counter): void {
  counter = current
}

/** Swallows an error so that the agent goes on: counts it, and says it once per place to OpenTelemetry's `diag`. */
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
    diag.error(`swarmwatch: ${where} threw (${kind}); the agent goes on, further ones are only counted`)
  } catch {
    // So is saying it
  }
}

/** Calls what belongs to somebody else; undefined if it throws. A promise that it returns may reject: that ends no process. */
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
