import { processWide } from '../process-wide.ts'

const mostResponses = 10_000

/** Decides which report of a model call is counted: the first one for each response id, of the last 10,000. */
export class Ledger {
  readonly #responses = new Map<string, true>()

  /** Returns whether this is the first report of the response; one without an id always is. */
  report(responseId: string | undefined): boolean {
    if (responseId === undefined) return true
    if (this.#responses.delete(responseId)) {
      this.#responses.set(responseId, true)
      return false
    }
    this.#responses.set(responseId, true)
    if (this.#responses.size > mostResponses) this.#responses.delete(this.#responses.keys().next().value!)
    return true
  }
}

/** The ledger of this process. */
export const ledger: Ledger = processWide('inference-ledger/1', () => new Ledger())
