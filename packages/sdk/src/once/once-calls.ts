import { UncertainEffectError } from './once-errors.ts'
import { idempotencyKeyOf, isStorable } from './once-key.ts'
import { OnceRecords } from './once-records.ts'
import { type OnceIdentity, OnceSlots, settle, type Slot, untilSettled } from './once-slots.ts'
import type { OnceCall, OnceEntry, OnceStore } from './once-store.ts'
import { oneTimeKind } from './one-time-result.ts'

/** Handling of a call whose outcome is unknown. */
export type OnUncertain = 'retry' | 'fail' | ((idempotencyKey: string, run: () => Promise<unknown>) => unknown)

/** One call of a `once` tool by an attempt. */
export interface OnceRequest extends OnceIdentity {
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

/**
 * The `once` calls of an execution, in one store. Attempts that were given up and still run share them with the current one, so that a
 * tool never runs twice at a time for one call.
 */
export class OnceCalls {
  readonly #executionId: string
  readonly #records: OnceRecords
  readonly #slots: OnceSlots
  #loading: Promise<void> | undefined
  #isLoaded = false

  constructor(executionId: string, store: OnceStore) {
    this.#executionId = executionId
    this.#records = new OnceRecords(executionId, store)
    this.#slots = new OnceSlots(executionId)
  }

  /** Resolves with the result of the call: of this one, of an earlier one, or of one in progress. */
  async make(request: OnceRequest): Promise<unknown> {
    if (!this.#isLoaded) {
      await (this.#loading ??= this.#load(request).catch((error: unknown) => {
        this.#loading = undefined
        throw error
      }))
    }
    const slot = this.#slots.take(request)
    while (slot.state === 'running') await this.#wait(slot, request)
    if (slot.state === 'done') {
      request.reused()
      return slot.result
    }
    return slot.state === 'free' ? this.#run(slot, request) : this.#decide(slot, request)
  }

  /** Releases the store's part; attempts that still run share what is here until they end. */
  release(): unknown {
    return this.#records.release()
  }

  async #load({ tool, storeSeconds }: OnceRequest): Promise<void> {
    for (const entry of await this.#records.load(tool, storeSeconds)) this.#slots.adopt(entry)
    this.#isLoaded = true
  }

  async #wait(slot: Slot, { attempt, signal }: OnceRequest): Promise<void> {
    try {
      await until(untilSettled(slot), signal())
    } catch (error) {
      slot.usedBy.delete(attempt)
      throw error
    }
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

  async #begin(slot: Slot, { attempt, storeSeconds }: OnceRequest): Promise<OnceEntry | undefined> {
    try {
      return await this.#records.begin(slot, storeSeconds)
    } catch (error) {
      slot.state = 'free'
      slot.usedBy.delete(attempt)
      throw error
    }
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
      await this.#records.remove(slot, request.storeSeconds)
    } catch (problem) {
      request.notStored('its failure was not recorded, so that another process takes its effect for uncertain', problem)
    }
    // If its record is still there, it is found to be its own
    slot.isStored = false
    slot.usedBy.delete(request.attempt)
    slot.state = 'free'
  }

  async #succeeded(slot: Slot, request: OnceRequest, result: unknown): Promise<void> {
    const canStore = this.#records.isDurable && isStorable(result)
    slot.lostResult = canStore ? undefined : oneTimeKind(result)
    if (slot.lostResult !== undefined) return this.#lost(slot, request, slot.lostResult)
    slot.result = result
    if (this.#records.isDurable && !canStore) {
      request.notStored('its result is not JSON, so that another process takes its effect for uncertain')
    } else {
      try {
        await this.#records.succeed(slot, result, request.storeSeconds)
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
    if (!this.#records.isDurable || slot.isReported) return request.warn(problem)
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
