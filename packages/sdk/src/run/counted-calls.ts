import { processWide } from '../process-wide.ts'
import { type CallForm, firstDifference, formOf, keyAt, type Place } from './call-form.ts'

/** Calls that are remembered at a time. */
const maxCalls = 1_000
/** Calls in a group, which is also the maximum number of calls with which one is compared. */
const maxInGroup = 20

/** A call, or several equal ones that were compared. */
interface CountedCall {
  readonly form: CallForm
  times: number
}

/** Calls that may be equal: at the places of all groups that this one is in, they are the same. */
class Group {
  /** Oldest first; empty if the group is divided. */
  calls: CountedCall[] = []
  /** Sum of the times of {@link calls}. */
  times = 0
  /** Where its calls differ, if it is divided. */
  place: Place | undefined
  /** By the key of their calls at {@link place}. */
  groups = new Map<unknown, Group>()
}

/**
 * Counts equal tool calls. The calls of a group are not compared before they are as many as may be equal. The next one is: it is equal to
 * all of them, or the first place at which it differs from one of them divides the group from then on. So most calls are compared with
 * none, and every call with few. When the memory is used up, the oldest call is merged into an equal one, or else forgotten.
 */
export class CountedCalls {
  readonly #max: number
  readonly #memory = new SharedMemory()
  /** Oldest first. */
  readonly #calls = new Set<CountedCall>()
  #root = new Group()

  /** @param max How often a call may be made. */
  constructor(max: number) {
    this.#max = max
  }

  /** Counts a call. Returns how often it was made if that is too often; undefined also if its arguments cannot be compared. */
  count(tool: string, args: readonly unknown[]): number | undefined {
    const form = formOf(tool, args)
    if (!form) return undefined
    while (this.#calls.size >= maxCalls || !this.#memory.take(form.size)) this.#removeOldest()
    const call: CountedCall = { form, times: 1 }
    const group = this.#groupOf(call)
    if (group.times < this.#max && group.calls.length < maxInGroup) this.#add(call, group)
    else this.#compare(call, group)
    return call.times > this.#max ? call.times : undefined
  }

  clear(): void {
    for (const { form } of this.#calls) this.#memory.release(form.size)
    this.#calls.clear()
    this.#root = new Group()
  }

  /** Returns the innermost group of a call. */
  #groupOf({ form }: CountedCall, outer = this.#root): Group {
    let group = outer
    while (group.place) {
      const key = keyAt(form, group.place)
      let inner = group.groups.get(key)
      if (!inner) group.groups.set(key, (inner = new Group()))
      group = inner
    }
    return group
  }

  #add(call: CountedCall, group: Group): void {
    group.calls.push(call)
    group.times += call.times
    this.#calls.add(call)
  }

  /** Merges the calls of a group into an equal one, or divides the group. */
  #compare(call: CountedCall, group: Group): void {
    const { calls } = group
    group.calls = []
    for (const { form } of calls) if ((group.place = firstDifference(form, call.form))) break
    if (!group.place) {
      call.times += group.times
      group.times = 0
      for (const equal of calls) this.#forget(equal)
      return this.#add(call, group)
    }
    for (const other of calls) this.#add(other, this.#groupOf(other, group))
    this.#add(call, this.#groupOf(call, group))
  }

  /** Merges the oldest call into an equal one, or forgets it. */
  #removeOldest(): void {
    const oldest = this.#calls.values().next().value!
    this.#forget(oldest)
    let above: Group | undefined
    let group = this.#root
    for (; group.place; group = group.groups.get(keyAt(oldest.form, group.place))!) above = group
    group.calls.shift()
    const equal = group.calls.find(({ form }) => !firstDifference(form, oldest.form))
    if (equal) equal.times += oldest.times
    else group.times -= oldest.times
    if (!above || group.calls.length > 0) return
    above.groups.delete(keyAt(oldest.form, above.place!))
    // A place at which all that are left are the same divides nothing
    if (above.groups.size === 1) Object.assign(above, ...above.groups.values())
  }

  #forget(call: CountedCall): void {
    this.#calls.delete(call)
    this.#memory.release(call.form.size)
  }
}

/** Characters that each {@link SharedMemory} may take in any case, such as twenty texts of 50,000. */
const ownCharacters = 1_000_000
/** Characters that all of a process share beyond these. */
const sharedCharacters = 32_000_000

const shared = processWide('shared-memory/1', () => ({ free: sharedCharacters }))

/** Counts the characters that a run keeps, so that all runs of a process together take a bounded amount of memory. */
export class SharedMemory {
  #free = ownCharacters
  #borrowed = 0

  /** Returns false, and takes nothing, if there is not enough. */
  take(characters: number): boolean {
    const borrowed = Math.max(0, characters - this.#free)
    if (borrowed > shared.free) return false
    shared.free -= borrowed
    this.#borrowed += borrowed
    this.#free -= characters - borrowed
    return true
  }

  release(characters: number): void {
    const returned = Math.min(characters, this.#borrowed)
    shared.free += returned
    this.#borrowed -= returned
    this.#free += characters - returned
  }
}
