import { processWide } from '../process-wide.ts'
import type { LastCall } from '../provider/learn.ts'
import type { ModelFailure } from '../recovery/next-step.ts'
import { CountedCall, type CountingRun, type LogicalCall, type RunSlot } from './counted-call.ts'
import type { InferenceEnd, InferenceSource, InferenceUsage } from './inference.ts'

const maxCalls = 1_000
const maxIds = 10_000
const maxCallsOfId = 32
const maxRecent = 100
const maxOpen = 1000
/** Clocks of a hook and of the wire may differ by this much. */
const clockSlackMs = 20

/** Sources that see each HTTP response, so that each of their reports is a call of its own. */
export const requestSources: ReadonlySet<string> = new Set<InferenceSource>(['wire', 'claude-agent'])

/** Whether a source is notified of a call when it has ended, and may report a call that the wire has seen. */
function isHook(source: InferenceSource): boolean {
  return source !== 'code' && !requestSources.has(source)
}

/**
 * The counted model calls of this process by the id of their response: the calls of the last 1,000 ids. Of 10,000 to 20,000 earlier ids
 * it only knows that they were counted.
 *
 * Ids are not unique: Ollama draws them from 1,000 numbers, and test servers count from 1. Two reports of the wire are therefore never the
 * same call, and any other source finds the call of its own run first.
 */
export class Ledger {
  readonly #byId = new Map<string, CountedCall[]>()
  /** Ids before those; a full set replaces the one before it, because removing the first item of a large set is slow. */
  #earlier = new Set<string>()
  #earliest = new Set<string>()

  /** Returns the call that this report of `source` belongs to, if it was counted before. */
  find(responseId: string | undefined, source: string, slot: RunSlot): CountedCall | undefined {
    if (responseId === undefined) return undefined
    const calls = this.#byId.get(responseId)
    if (!calls) return !requestSources.has(source) && this.#isEarlier(responseId) ? earlierCall : undefined
    const isNew = ({ sources }: CountedCall): boolean => !sources.has(source)
    const isOwn = (call: CountedCall): boolean => call.slot === slot
    const found = calls.find((call) => isOwn(call) && isNew(call))
    if (found || requestSources.has(source)) return found
    return calls.find(isNew) ?? calls.findLast(isOwn) ?? calls.at(-1)
  }

  /** Reports of this response by other sources belong to `call`. */
  remember(responseId: string, call: CountedCall): void {
    const calls = this.#byId.get(responseId) ?? []
    calls.push(call)
    if (calls.length > maxCallsOfId) calls.shift()
    // The newest is the last one of the map
    this.#byId.delete(responseId)
    this.#byId.set(responseId, calls)
    if (this.#byId.size <= maxCalls) return
    const oldest = this.#byId.keys().next().value!
    this.#byId.delete(oldest)
    this.#earlier.add(oldest)
    if (this.#earlier.size < maxIds) return
    this.#earliest = this.#earlier
    this.#earlier = new Set()
  }

  #isEarlier(responseId: string): boolean {
    return this.#earlier.has(responseId) || this.#earliest.has(responseId)
  }
}

/** A counted call of which nothing more is known. */
const earlierCall: CountedCall = new CountedCall({ run: undefined }, { tries: 0 }, {})
earlierCall.labels = {}
earlierCall.isClosed = true

/** The ledger of this process. */
export const ledger: Ledger = processWide('inference-ledger/1', () => new Ledger())

/** A model call in progress. */
export interface OpenCall {
  readonly source: InferenceSource
  readonly operation: string
  readonly startedAt: number
  /** Returns the state of the call as far as its source knows it. */
  known(): InferenceEnd
  /** Hooks that have reported it. */
  readonly reportedBy: ReadonlySet<string>
  /** Keeps what a hook knows of the same call, until the call ends. */
  adopt(source: InferenceSource, end: InferenceEnd): void
  /** Counts what is known of it now. */
  settle(): void
}

/** A report of a call that may have been counted before. */
export interface Report {
  readonly source: InferenceSource
  readonly operation: string
  readonly startedAt: number
  readonly responseId: string | undefined
  readonly usage: InferenceUsage | undefined
  readonly isFailed: boolean
}

/** The model calls of one run, or those outside of all runs. */
export class RunInferences {
  readonly slot: RunSlot
  readonly #recent: CountedCall[] = []
  readonly #open = new Set<OpenCall>()
  /** The answer to the last call of the current attempt, if it failed; undefined if it succeeded. */
  lastFailure: ModelFailure | undefined
  /** The provider of the last call of the run, and how that of the current attempt ended. */
  lastCall: LastCall | undefined
  hasUsage = false
  conversationId: string | undefined
  finishReasons: readonly string[] | undefined
  /** The requested model, if it is the only one so far; null after a second one. */
  onlyModel: string | null | undefined

  constructor(run: CountingRun | undefined) {
    this.slot = { run }
  }

  /** Forgets how the calls of the attempt before ended. */
  attemptStarted(): void {
    this.lastFailure = undefined
    if (this.lastCall) this.lastCall.outcome = undefined
  }

  began(call: OpenCall): void {
    if (this.#open.size < maxOpen) this.#open.add(call)
  }

  ended(call: OpenCall): void {
    this.#open.delete(call)
  }

  /** Counts all calls in progress, as far as they are known. */
  settle(): void {
    for (const call of Array.from(this.#open)) call.settle()
  }

  /** Frees the run, which its counted calls would otherwise keep alive. */
  release(): void {
    this.slot.run = undefined
    this.#recent.length = 0
  }

  remember(call: CountedCall): void {
    this.#recent.push(call)
    if (this.#recent.length > maxRecent) this.#recent.shift()
  }

  /** Returns the counted call that a hook reports again under an unknown id, or without one. */
  match(report: Report): CountedCall | undefined {
    if (!isHook(report.source)) return undefined
    return this.#recent.findLast(
      (counted) =>
        !counted.sources.has(report.source) &&
        !counted.sources.has('code') &&
        (report.isFailed || !counted.isFailed) &&
        isWithin(report, counted) &&
        isSame(report, { responseId: counted.responseId, usage: counted.usage }),
    )
  }

  /** Returns the call in progress that a hook already reports as ended; its source will count it. */
  matchOpen(report: Report): OpenCall | undefined {
    if (!isHook(report.source)) return undefined
    for (const call of this.#open) {
      if (call.source !== 'wire' || call.reportedBy.has(report.source) || !isWithin(report, call)) continue
      const known = call.known()
      // A call that has no answer yet is not the one that has ended
      if (known.responseId === undefined && known.status === undefined) continue
      if (known.responseId === report.responseId || isSame(report, known)) return call
    }
    return undefined
  }

  /** Returns the logical call whose failed try a request with this fingerprint repeats. A failed try is repeated once. */
  repeats(fingerprint: string | undefined, attempt: number, startedMs: number): LogicalCall | undefined {
    if (fingerprint === undefined || this.slot.run === undefined) return undefined
    const failed = this.#recent.find(
      (each) =>
        isSameRequest(each.fingerprint, fingerprint) &&
        each.attempt === attempt &&
        each.isFailed &&
        !each.isRepeated &&
        each.endedMs <= startedMs,
    )
    if (failed === undefined) return undefined
    failed.isRepeated = true
    return failed.call
  }
}

/** Compares fingerprints. That of a request whose body was not sent ends with `-`, and those of the same request begin with it. */
function isSameRequest(one: string | undefined, other: string): boolean {
  if (one === other || one === undefined) return one === other
  return (one.endsWith('-') && other.startsWith(one)) || (other.endsWith('-') && one.startsWith(other))
}

/** Model calls outside of all runs. */
export const outsideRuns: RunInferences = processWide('inferences-outside-runs/1', () => new RunInferences(undefined))

function isWithin(report: Report, call: { readonly operation: string; readonly startedAt: number }): boolean {
  const isEmbedding = (operation: string): boolean => operation === 'embeddings'
  return isEmbedding(report.operation) === isEmbedding(call.operation) && call.startedAt >= report.startedAt - clockSlackMs
}

/** A report without an id, or with one that its framework made up, is of a call without an id, without usage or with the same usage. */
function isSame(report: Report, call: Pick<InferenceEnd, 'responseId' | 'usage'>): boolean {
  if (call.responseId === undefined) return true
  if (!hasTokens(report.usage) || !hasTokens(call.usage)) return report.responseId === undefined
  return report.usage.inputTokens === call.usage.inputTokens && report.usage.outputTokens === call.usage.outputTokens
}

function hasTokens(usage: InferenceUsage | undefined): usage is InferenceUsage {
  return usage?.inputTokens !== undefined || usage?.outputTokens !== undefined
}
