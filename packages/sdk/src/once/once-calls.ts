import { randomBytes } from 'node:crypto'

import { isInstance } from '../unknown-values.ts'
import { OnceError, UncertainEffectError } from './once-errors.ts'
import { idempotencyKeyOf, isStorable } from './once-key.ts'
import type { OnceCall, OnceEntry, OnceStore } from './once-store.ts'
import { oneTimeKind } from './one-time-result.ts'
import { inTime, StoreTimeoutError } from './store-time-limit.ts'

/** Handling of a call whose outcome is unknown. */
export type OnUncertain = 'retry' | 'fail' | ((idempotencyKey: string, run: () => Promise<unknown>) => unknown)

/** One call of a `once` tool by an attempt. */
export interface OnceRequest {
  readonly tool: string
  readonly key: string
  /** Whether the key alone decides, so that two calls of one attempt with the same key are one. */
  readonly isOwnKey: boolean
  readonly attempt: number
  readonly signal: () => AbortSignal
  /** The time limit of each call of the store. */
  readonly storeSeconds: number
  readonly onUncertain: OnUncertain
  /** Whether an error leaves open if the effect has happened. */
  readonly isUncertain: (error: unknown) => boolean
  readonly invoke: (call: OnceCall) => unknown
  readonly reused: () => void
  /** `isNew` is false if it was reported before. */
  readonly uncertain: (isNew: boolean) => void
  /** Receives a problem of the store after the effect: the result then belongs to this process only. */
  readonly notStored: (problem: string, error?: unknown) => void
  /** Receives what the author of the tool should change. */
  readonly warn: (problem: string) => void
}

/** A call that attempts share. */
interface Slot {
  readonly call: OnceCall
  state: 'free' | 'running' | 'done' | 'uncertain'
  /** Whether the store holds it. */
  isStored: boolean
  result: unknown
  /** Whether the outcome of an earlier call is unknown, or its result lost: a failure of a later one does not change that. */
  isOpen: boolean
  /** The error that left the outcome open. */
  cause: unknown
  /** The kind of its result if it succeeded, but the result can be read only once. */
  lostResult: string | undefined
  /** The removal of its record; it must not begin again before that, or the removal would hit the new record. Never rejects. */
  removal: Promise<void> | undefined
  /** Whether its unknown outcome was reported. */
  isReported: boolean
  /** Resolves when it is no longer running; only while another call waits for it. */
  settled: PromiseWithResolvers<void> | undefined
  /** Attempts that have made this call. */
  readonly usedBy: Set<number>
}

/** The state of the call that an attempt takes first. */
const preference: Readonly<Record<Slot['state'], number>> = { done: 0, running: 1, uncertain: 2, free: 3 }
const none: readonly Slot[] = []

/** Calls of one execution: more could only be forgotten, and would then be repeated. */
const mostCalls = 10_000

/**
 * The `once` calls of an execution, in one store. Attempts that were given up and still run share them with the current one, so that a
 * tool never runs twice at a time for one call.
 */
export class OnceCalls {
  readonly #executionId: string
  readonly #store: OnceStore
  readonly #owner = randomOwner()
  /** By key; tools may share one. */
  readonly #slots = new Map<string, Slot[]>()
  #count = 0
  #loading: Promise<void> | undefined
  #isLoaded = false
  #isReleased = false

  constructor(executionId: string, store: OnceStore) {
    this.#executionId = executionId
    this.#store = store
  }

  /** Resolves with the result of the call: of this one, of an earlier one, or of one in progress. */
  async make(request: OnceRequest): Promise<unknown> {
    if (!this.#isLoaded) {
      await (this.#loading ??= this.#load(request).catch((error: unknown) => {
        this.#loading = undefined
        throw error
      }))
    }
    const slot = this.#take(request)
    while (slot.state === 'running') await this.#wait(slot, request)
    if (slot.state === 'done') {
      request.reused()
      return slot.result
    }
    return slot.state === 'free' ? this.#run(slot, request) : this.#decide(slot, request)
  }

  /** Releases the store's part; attempts that still run share what is here until they end. */
  release(): unknown {
    this.#isReleased = true
    return this.#store.release?.(this.#executionId)
  }

  async #wait(slot: Slot, { attempt, signal }: OnceRequest): Promise<void> {
    try {
      await until(untilSettled(slot), signal())
    } catch (error) {
      slot.usedBy.delete(attempt)
      throw error
    }
  }

  async #load({ tool, storeSeconds }: OnceRequest): Promise<void> {
    try {
      const loaded = this.#store.load(this.#executionId)
      // Awaited in any case: calls of the same moment keep their order
      const entries = await (isPromise(loaded) ? inTime(loaded, storeSeconds) : loaded)
      for (const entry of entries) this.#adopt(entry)
      this.#isLoaded = true
    } catch (error) {
      throw new OnceError('store_unavailable', tool, 'the store cannot be read', error)
    }
  }

  #adopt(entry: OnceEntry): void {
    const { executionId, tool, key, number } = entry
    const slot = this.#add({ executionId, tool, key, number })
    slot.isStored = true
    slot.isOpen = entry.state !== 'done'
    slot.state = slot.isOpen ? 'uncertain' : 'done'
    slot.result = entry.result
  }

  #add(call: OnceCall): Slot {
    const slot: Slot = {
      call,
      state: 'free',
      isStored: false,
      result: undefined,
      isOpen: false,
      cause: undefined,
      lostResult: undefined,
      removal: undefined,
      isReported: false,
      settled: undefined,
      usedBy: new Set(),
    }
    const slots = this.#slots.get(call.key)
    if (slots) slots.push(slot)
    else this.#slots.set(call.key, [slot])
    this.#count += 1
    return slot
  }

  /**
   * The call that a request is: one that this attempt has not made yet, preferably one that succeeded, then one in progress, then one
   * with an unknown outcome, so that an effect is repeated only if the attempt asks for more of them than there were.
   */
  #take({ tool, key, isOwnKey, attempt }: OnceRequest): Slot {
    let slot: Slot | undefined
    let number = 1
    for (const each of this.#slots.get(key) ?? none) {
      if (each.call.tool !== tool) continue
      if (isOwnKey) return each
      number = Math.max(number, each.call.number + 1)
      if (!each.usedBy.has(attempt) && (!slot || preference[each.state] < preference[slot.state])) slot = each
    }
    if (!slot) {
      if (this.#count >= mostCalls)
        throw new OnceError('too_many_calls', tool, `its run has made ${mostCalls} calls of once tools`)
      slot = this.#add({ executionId: this.#executionId, tool, key, number })
    }
    slot.usedBy.add(attempt)
    return slot
  }

  async #run(slot: Slot, request: OnceRequest): Promise<unknown> {
    slot.state = 'running'
    try {
      const known = slot.isStored ? undefined : await this.#begin(slot, request)
      slot.isStored = true
      if (known?.state === 'done') {
        slot.state = 'done'
        slot.result = known.result
        request.reused()
        return slot.result
      }
      // Another process has begun the same call
      if (!known) return await this.#invoke(slot, request)
      slot.state = 'uncertain'
      slot.isOpen = true
    } finally {
      settle(slot)
    }
    return this.#decide(slot, request)
  }

  async #begin(slot: Slot, { tool, attempt, storeSeconds }: OnceRequest): Promise<OnceEntry | undefined> {
    if (this.#isReleased && !this.#store.isDurable) return undefined
    let begun: ReturnType<OnceStore['begin']>
    try {
      if (slot.removal) await inTime(slot.removal, storeSeconds)
      begun = this.#store.begin(slot.call, this.#owner)
      const known = isPromise(begun) ? await inTime(begun, storeSeconds) : begun
      // An earlier try was recorded although the store reported an error; the tool was not called
      return this.#isOwn(known) ? undefined : known
    } catch (error) {
      slot.state = 'free'
      slot.usedBy.delete(attempt)
      if (isInstance(error, StoreTimeoutError) && isPromise(begun)) this.#removeLate(slot, begun).catch(() => {})
      throw new OnceError('store_unavailable', tool, 'the store cannot record that it begins', error)
    }
  }

  #isOwn(known: OnceEntry | undefined): boolean {
    return known?.state === 'begun' && known.owner === this.#owner
  }

  /** The tool is not called after a late answer: the record would make an effect uncertain that never happened. */
  async #removeLate(slot: Slot, begun: Promise<OnceEntry | undefined>): Promise<void> {
    const known = await begun
    if (known !== undefined && !this.#isOwn(known)) return
    while (slot.removal || slot.state === 'running') await (slot.removal ?? untilSettled(slot))
    // Unless the call has begun once more, and the record is its own now
    if (slot.state === 'free' && !slot.isStored) await this.#remove(slot)
  }

  async #remove(slot: Slot): Promise<void> {
    const removed = this.#store.remove(slot.call)
    if (!isPromise(removed)) return
    const done = (): void => {
      slot.removal = undefined
    }
    slot.removal = removed.then(done, done)
    await removed
  }

  async #invoke(slot: Slot, request: OnceRequest): Promise<unknown> {
    let result: unknown
    try {
      result = await request.invoke(slot.call)
    } catch (error) {
      await this.#failed(slot, request, error)
      throw error
    }
    await this.#succeeded(slot, request, result)
    return result
  }

  async #failed(slot: Slot, request: OnceRequest, error: unknown): Promise<void> {
    if (request.isUncertain(error)) {
      slot.cause = error
      slot.isOpen = true
      slot.state = 'uncertain'
      // The attempt may make the call again: that is a repetition, not a second effect
      slot.usedBy.delete(request.attempt)
      this.#report(slot, request)
      return
    }
    if (slot.isOpen) {
      slot.state = 'uncertain'
      slot.usedBy.delete(request.attempt)
      return
    }
    try {
      await inTime(this.#remove(slot), request.storeSeconds)
    } catch (problem) {
      request.notStored('its failure was not recorded, so that another process takes its effect for uncertain', problem)
    }
    // If its record is still there, it is found to be its own
    slot.isStored = false
    slot.usedBy.delete(request.attempt)
    slot.state = 'free'
  }

  async #succeeded(slot: Slot, request: OnceRequest, result: unknown): Promise<void> {
    const canStore = this.#store.isDurable && isStorable(result)
    slot.lostResult = canStore ? undefined : oneTimeKind(result)
    if (slot.lostResult !== undefined) return this.#lost(slot, request, slot.lostResult)
    slot.result = result
    if (this.#store.isDurable && !canStore) {
      request.notStored('its result is not JSON, so that another process takes its effect for uncertain')
    } else {
      try {
        const stored = this.#store.succeed(slot.call, result)
        if (isPromise(stored)) await inTime(stored, request.storeSeconds)
      } catch (problem) {
        request.notStored('its result was not recorded, so that another process takes its effect for uncertain', problem)
      }
    }
    slot.state = 'done'
  }

  /** Its caller reads the result; another one would silently get an empty one. */
  #lost(slot: Slot, request: OnceRequest, kind: string): void {
    const problem = `its result is or contains ${kind}, which can be read only once, so that a later attempt gets none`
    slot.state = 'uncertain'
    slot.isOpen = true
    if (!this.#store.isDurable || slot.isReported) return request.warn(problem)
    // Another process finds that it has begun
    slot.isReported = true
    request.notStored(problem)
  }

  /** Handles a call whose outcome is unknown; while it does, other calls wait. */
  async #decide(slot: Slot, request: OnceRequest): Promise<unknown> {
    this.#report(slot, request)
    const { onUncertain, tool, attempt } = request
    if (onUncertain === 'retry') return this.#run(slot, request)
    const { cause, lostResult } = slot
    const key = idempotencyKeyOf(slot.call)
    if (onUncertain === 'fail') {
      slot.usedBy.delete(attempt)
      throw new UncertainEffectError(tool, key, this.#executionId, cause, lostResult)
    }
    slot.state = 'running'
    let ran: Promise<unknown> | undefined
    try {
      const result = await onUncertain(key, () => (ran ??= this.#invoke(slot, request)))
      // Without a call of the tool, the handler has found the result of the first one
      if (!ran) await this.#succeeded(slot, request, result)
      return result
    } finally {
      // A handler need not wait for the tool
      await ran?.catch(() => {})
      if ((slot.state as Slot['state']) === 'running') {
        slot.state = 'uncertain'
        slot.usedBy.delete(attempt)
      }
      settle(slot)
    }
  }

  #report(slot: Slot, request: OnceRequest): void {
    const isNew = !slot.isReported
    slot.isReported = true
    request.uncertain(isNew)
  }
}

const prefix = randomBytes(8).toString('hex')
let owners = 0

function randomOwner(): string {
  owners += 1
  return `${prefix}-${owners.toString(36)}`
}

function untilSettled(slot: Slot): Promise<void> {
  slot.settled ??= Promise.withResolvers<void>()
  return slot.settled.promise
}

function settle(slot: Slot): void {
  slot.settled?.resolve()
  slot.settled = undefined
}

// Most stores answer at once, and awaiting that would cost more than the rest
const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof (value as { then?: unknown } | undefined)?.then === 'function'

/** Resolves when a call of another attempt has ended; rejects as soon as the own attempt is aborted. */
async function until(settled: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([settled, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
