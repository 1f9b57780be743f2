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
