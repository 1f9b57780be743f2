import { hash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const mask = '***'

/**
 * A password, token or address that holds one. However it is printed (text, JSON, `console.log`) it shows `***`;
 * only {@link Secret.reveal} returns the value.
 */
export class Secret {
  static {
    // here and not as a method: isolatedDeclarations allows no computed names
    Object.defineProperty(Secret.prototype, inspect.custom, { value: () => mask })
  }

  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }
}

/**
 * Whether two texts are equal, for tokens and signatures: the time of the comparison depends neither on where they differ nor on their
 * lengths, because only their hashes are compared.
 */
export function isSameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  // a third of the time of a Hash object, and every request to a bridge is checked
  return Buffer.from(hash('sha256', text, 'hex'))
}
