/** Requests an address may make at once, and how many more each second. */
export interface BudgetOptions {
  /** @default 60 */
  readonly burst?: number
  /** @default 5 */
  readonly perSecond?: number
  /** Addresses remembered; the one that was quiet for longest is forgotten first. @default 1000 */
  readonly maxAddresses?: number
  /** Milliseconds on a clock that never goes back. @default performance.now */
  readonly now?: () => number
}

/** Limits how often one address may ask, in memory that does not grow with their number. */
export class RequestBudget {
  readonly #left = new Map<string, { credit: number; atMs: number }>()
  readonly #burst: number
  readonly #perSecond: number
  readonly #maxAddresses: number
  readonly #now: () => number

  constructor({ burst = 60, perSecond = 5, maxAddresses = 1000, now = () => performance.now() }: BudgetOptions = {}) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#maxAddresses = maxAddresses
    this.#now = now
  }

  /** Takes `cost` requests from the address. 0 when it may go on, else the seconds after which it may. */
  spend(address: string, cost = 1): number {
    const atMs = this.#now()
    const before = this.#left.get(address)
    const refilled = before ? before.credit + ((atMs - before.atMs) / 1000) * this.#perSecond : this.#burst
    const credit = Math.min(this.#burst, refilled)
    const isAllowed = credit >= 1
    this.#left.delete(address)
    this.#left.set(address, { credit: isAllowed ? credit - cost : credit, atMs })
    this.#forgetQuietest()
    return isAllowed ? 0 : Math.ceil((1 - credit) / this.#perSecond)
  }

  /** Addresses remembered now. */
  get size(): number {
    return this.#left.size
  }

  #forgetQuietest(): void {
    if (this.#left.size <= this.#maxAddresses) return
    for (const address of this.#left.keys()) {
      this.#left.delete(address)
      return
    }
  }
}
