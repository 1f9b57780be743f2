/** Reads a property of a value that may be anything: a primitive, a proxy, an object whose getters throw. */
export function propertyOf(value: unknown, key: PropertyKey): unknown {
  if (!isObject(value) && typeof value !== 'function') return undefined
  try {
    return (value as Record<PropertyKey, unknown>)[key]
  } catch {
    return undefined
  }
}

/** `instanceof` for a value that may be anything; a proxy whose traps throw is an instance of nothing. */
export function isInstance<T>(value: unknown, of: abstract new (...args: never) => T): value is T {
  try {
    return value instanceof of
  } catch {
    return false
  }
}

/** True for an object that is not null and no function. */
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** True for an object that can hold options or settings by name: a list cannot. */
export const isOptions = (value: unknown): value is object => isObject(value) && !Array.isArray(value)

/** The first `max` items of a value that may be an array, and a hostile one. */
export function itemsOf(value: unknown, max: number): unknown[] {
  try {
    return Array.isArray(value) ? Array.prototype.slice.call(value, 0, max) : []
  } catch {
    return []
  }
}

/** Whether a value is a number that counters accept: finite, and at least 0. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
