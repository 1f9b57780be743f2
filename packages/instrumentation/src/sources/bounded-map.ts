/** A map for calls in progress that forgets its oldest entry beyond `limit`, because a framework may never report their end. */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>()
  readonly #limit: number

  constructor(limit = 10_000) {
    this.#limit = limit
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value as Key)
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  /** Removes and returns an entry. */
  take(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    this.#entries.delete(key)
    return value
  }
}
