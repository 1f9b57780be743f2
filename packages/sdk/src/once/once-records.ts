import { randomBytes } from 'node:crypto'

import { isInstance, propertyOf } from '../unknown-values.ts'
import { OnceError } from './once-errors.ts'
import { type Slot, untilSettled } from './once-slots.ts'
import type { OnceEntry, OnceStore } from './once-store.ts'
import { inTime, StoreTimeoutError } from './store-time-limit.ts'

/** A store of an execution: each call of it has a time limit, and what it does too late is undone. */
export class OnceRecords {
  readonly #executionId: string
  readonly #store: OnceStore
  readonly #owner = newOwner()
  #isReleased = false

  constructor(executionId: string, store: OnceStore) {
    this.#executionId = executionId
    this.#store = store
  }

  get isDurable(): boolean {
    return this.#store.isDurable
  }

  /** @throws {OnceError} if the store fails. */
  async load(tool: string, seconds: number): Promise<readonly OnceEntry[]> {
    try {
      const loaded = this.#store.load(this.#executionId)
      // Awaited in any case: calls of the same moment keep their order
      const entries = await (isPromise(loaded) ? inTime(loaded, seconds) : loaded)
      for (const entry of entries) checkEntry(entry)
      return entries
    } catch (error) {
      throw new OnceError('store_unavailable', tool, 'the store cannot be read', error)
    }
  }

  /** Records that a call begins; returns what another process has recorded of it. @throws {OnceError} if the store fails. */
  async begin(slot: Slot, seconds: number): Promise<OnceEntry | undefined> {
    if (this.#isReleased && !this.#store.isDurable) return undefined
    let begun: ReturnType<OnceStore['begin']>
    try {
      if (slot.removal) await inTime(slot.removal, seconds)
      begun = this.#store.begin(slot.call, this.#owner)
      const known = isPromise(begun) ? await inTime(begun, seconds) : begun
      if (known !== undefined) checkEntry(known)
      // An earlier try was recorded although the store reported an error; the tool was not called
      return this.#isOwn(known) ? undefined : known
    } catch (error) {
      if (isInstance(error, StoreTimeoutError) && isPromise(begun)) this.#removeLate(slot, begun).catch(() => {})
      throw new OnceError('store_unavailable', slot.call.tool, 'the store cannot record that it begins', error)
    }
  }

  /** Records a result. */
  async succeed(slot: Slot, result: unknown, seconds: number): Promise<void> {
    const stored = this.#store.succeed(slot.call, result)
    if (isPromise(stored)) await inTime(stored, seconds)
  }

  /** Removes a call that has failed without an effect. */
  async remove(slot: Slot, seconds: number): Promise<void> {
    await inTime(this.#remove(slot), seconds)
  }

  /** The execution has ended. */
  release(): unknown {
    this.#isReleased = true
    return this.#store.release?.(this.#executionId)
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
    const removed = this.#store.remove(slot.call, this.#owner)
    if (!isPromise(removed)) return
    const done = (): void => {
      slot.removal = undefined
    }
    slot.removal = removed.then(done, done)
    await removed
  }
}

/** A store of the user may return anything: a call of which it knows nothing must not pass for one that succeeded. */
function checkEntry(entry: unknown): void {
  const state = propertyOf(entry, 'state')
  if (state !== 'begun' && state !== 'done') throw new TypeError('the store returned something other than a OnceEntry')
}

const prefix = randomBytes(8).toString('hex')
let owners = 0

function newOwner(): string {
  owners += 1
  return `${prefix}-${owners.toString(36)}`
}

// Most stores answer at once, and awaiting that would cost more than the rest
const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof (value as { then?: unknown } | undefined)?.then === 'function'
