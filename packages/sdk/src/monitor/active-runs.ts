/** Something in {@link ActiveRuns}; only they may change the links. */
export interface Linked<Run> {
  earlier: Run | undefined
  later: Run | undefined
}

/**
 * The runs under way, oldest first; each costs the same however many there are.
 *
 * Not a Set: V8 copies a Set's table again and again while its members come and go, and a table that has grown old keeps alive what it
 * held until the next full collection. With 100 runs at once a small collection took ten times as long, and a run cost a quarter more.
 */
export class ActiveRuns<Run extends Linked<Run>> {
  #oldest: Run | undefined
  #newest: Run | undefined
  #size = 0

  /** The first of the list; `later` leads to the next. */
  get oldest(): Run | undefined {
    return this.#oldest
  }

  get size(): number {
    return this.#size
  }

  add(run: Run): void {
    run.earlier = this.#newest
    if (this.#newest) this.#newest.later = run
    else this.#oldest = run
    this.#newest = run
    this.#size += 1
  }

  /** Nothing happens if it is not among them. */
  delete(run: Run): void {
    if (run.earlier === undefined && this.#oldest !== run) return
    if (run.earlier) run.earlier.later = run.later
    else this.#oldest = run.later
    if (run.later) run.later.earlier = run.earlier
    else this.#newest = run.earlier
    // One that is gone must not keep others alive
    run.earlier = undefined
    run.later = undefined
    this.#size -= 1
  }
}
