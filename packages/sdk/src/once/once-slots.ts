import { OnceError } from './once-errors.ts'
import type { OnceCall, OnceEntry } from './once-store.ts'

/** One call, which attempts share. */
export interface Slot {
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
const maxCalls = 10_000

/** Attempts that a call remembers. Without one, it shares its result with that attempt, which causes no further effect. */
const maxAttempts = 1000

/** Decides which calls of an execution are the same. */
export class OnceSlots {
  readonly #executionId: string
  /** By key; tools may share one. */
  readonly #slots = new Map<string, Slot[]>()
  /** Code of each tool in its newest attempt. */
  readonly #tools = new Map<string, { attempt: number; code: string }>()
  #count = 0

  constructor(executionId: string) {
    this.#executionId = executionId
  }

  /** Adds a call that the store holds. */
  adopt(entry: OnceEntry): void {
    const { executionId, tool, key, number } = entry
    const slot = this.#add({ executionId, tool, key, number })
    slot.isStored = true
    slot.isOpen = entry.state !== 'done'
    slot.state = slot.isOpen ? 'uncertain' : 'done'
    slot.result = entry.result
  }

  /**
   * The call that a request is: one that this attempt has not made yet, preferably one that succeeded, then one in progress, then one
   * with an unknown outcome, so that an effect is repeated only if the attempt asks for more of them than there were.
   *
   * @throws {OnceError} if there are too many calls, or the attempt has called another tool of the same name.
   */
  take({ tool, code, key, isOwnKey, attempt }: OnceIdentity): Slot {
    this.#checkName(tool, code, attempt)
    let slot: Slot | undefined
    let number = 1
    for (const each of this.#slots.get(key) ?? none) {
      if (each.call.tool !== tool) continue
      if (isOwnKey) return each
      number = Math.max(number, each.call.number + 1)
      if (!each.usedBy.has(attempt) && (!slot || preference[each.state] < preference[slot.state])) slot = each
    }
    if (!slot) {
      if (this.#count >= maxCalls) throw new OnceError('too_many_calls', tool, `its run has made ${maxCalls} calls of once tools`)
      slot = this.#add({ executionId: this.#executionId, tool, key, number })
    }
    slot.usedBy.add(attempt)
    if (slot.usedBy.size > maxAttempts) slot.usedBy.delete(slot.usedBy.values().next().value!)
    return slot
  }

  /** Another attempt may replace a tool by one of the same name, such as that of another provider: it then takes over its results. */
  #checkName(tool: string, code: string, attempt: number): void {
    const known = this.#tools.get(tool)
    if (known?.attempt === attempt && known.code !== code)
      throw new OnceError('name_taken', tool, 'its attempt has called another tool of this name, whose result it would get')
    if (!known) this.#tools.set(tool, { attempt, code })
    else if (attempt > known.attempt) Object.assign(known, { attempt, code })
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
}

/** Identity of a call: two requests that agree in it are the same call. */
export interface OnceIdentity {
  readonly tool: string
  /** Source text of the tool, which distinguishes tools of one name. */
  readonly code: string
  readonly key: string
  /** Whether the key alone decides, so that two calls of one attempt with the same key are one. */
  readonly isOwnKey: boolean
  readonly attempt: number
}

/** Resolves when a call is no longer running. */
export function untilSettled(slot: Slot): Promise<void> {
  slot.settled ??= Promise.withResolvers<void>()
  return slot.settled.promise
}

/** Continues what waits for a call. */
export function settle(slot: Slot): void {
  slot.settled?.resolve()
  slot.settled = undefined
}
