import { errorType } from './errors/error-type.ts'
import { otherError, otherName } from './names.ts'
import { processWide } from './process-wide.ts'

/**
 * Lets the first `limit` different names through and answers `other` for all later ones, so that a metric label stays bounded.
 * `onOverflow` is called once, with the first name that did not fit.
 */
export class BoundedNames {
  readonly #known = new Set<string>()
  readonly #limit: number
  readonly #other: string
  #overflowed = false

  constructor(limit: number, other: string = otherName) {
    this.#limit = limit
    this.#other = other
  }

  bound(name: string, onOverflow?: (name: string) => void): string {
    if (this.#known.has(name)) return name
    if (this.#known.size < this.#limit) {
      this.#known.add(name)
      return name
    }
    if (!this.#overflowed) {
      this.#overflowed = true
      onOverflow?.(name)
    }
    return this.#other
  }
}

const errorTypes = processWide('error-types/1', () => new BoundedNames(100, otherError))

/** An error type of another source, within the limit of {@link boundedErrorType}. */
export function boundedErrorName(name: string): string {
  return errorTypes.bound(name.slice(0, 100))
}

/** {@link errorType}, with at most 100 different values in a process; later ones become `_OTHER`. */
export function boundedErrorType(error: unknown): string {
  return errorTypes.bound(errorType(error))
}
