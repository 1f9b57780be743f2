import { processWide } from '../process-wide.ts'

/** Properties of a kind of values, of which {@link KnownValues} remembers some. */
export interface KindOfValue<T> {
  /** A number that is equal for equal values; it need not look at all of a value. */
  outlineOf(value: T): number
  /** The first place at which two values differ; -1 if they are equal. */
  firstDifference(one: T, other: T): number
  /** A number that is equal for values that are equal around a place. */
  hashAt(value: T, place: number): number
  /** A text that is equal exactly for equal values. It may be slow. */
  digestOf(value: T): string
  /** Memory that a value takes, in characters. */
  sizeOf(value: T): number
}

/** A value that is remembered. */
export interface Known<T> {
  /** Different for every value, also for one that was forgotten. */
  readonly number: number
  /** How often it was seen. */
  times: number
  readonly outline: number
  /** Undefined if only its digest is known. */
  value: T | undefined
  digest: string | undefined
}

/** Values of the same outline. */
interface Similar<T> {
  /** Places at which some of them differ. */
  readonly places: number[]
  /** By their hash at these places. */
  byHash: Map<number, Known<T>[]>
  readonly byDigest: Map<string, Known<T>>
}

/** Values that are known at a time; the oldest one is forgotten first. */
const maxKnown = 1_000
/** Places that distinguish values of one outline; those that differ elsewhere only are compared one by one. */
const maxPlaces = 32

/**
 * Remembers values, so that an equal one is found. Where two values of the same outline turn out to differ, that place distinguishes the
 * values of this outline from then on: a value is compared in full with an equal one, and rarely with another. When the memory is used
 * up, the oldest values are replaced by their digests, so that equal ones are still found.
 */
export class KnownValues<T> {
  readonly #kind: KindOfValue<T>
  readonly #memory: SharedMemory
  readonly #similar = new Map<number, Similar<T>>()
  /** Oldest first; only the digest is known of those before the index. */
  readonly #inOrder: Known<T>[] = []
  #keptFrom = 0
  #last = 0

  constructor(kind: KindOfValue<T>, memory: SharedMemory) {
    this.#kind = kind
    this.#memory = memory
  }

  /** Counts a value, and returns what is known of it. */
  see(value: T): Known<T> {
    const outline = this.#kind.outlineOf(value)
    let similar = this.#similar.get(outline)
    const found = similar && this.#find(similar, value)
    if (found) {
      found.times += 1
      return found
    }
    if (!similar) this.#similar.set(outline, (similar = { places: [], byHash: new Map(), byDigest: new Map() }))
    const added: Known<T> = { number: (this.#last += 1), times: 1, outline, value, digest: undefined }
    const isKept = this.#makeRoom(this.#kind.sizeOf(value))
    this.#inOrder.push(added)
    if (isKept) this.#file(similar, added)
    else this.#replaceOldest()
    if (this.#inOrder.length > maxKnown) this.#forgetOldest()
    return added
  }

  clear(): void {
    for (const { value } of this.#inOrder) if (value !== undefined) this.#memory.release(this.#kind.sizeOf(value))
    this.#similar.clear()
    this.#inOrder.length = 0
    this.#keptFrom = 0
  }

  #find(similar: Similar<T>, value: T): Known<T> | undefined {
    let place = -1
    for (const known of similar.byHash.get(this.#hashOf(similar, value)) ?? []) {
      place = this.#kind.firstDifference(known.value!, value)
      if (place === -1) return known
    }
    if (place !== -1 && similar.places.length < maxPlaces) this.#distinguish(similar, place)
    return similar.byDigest.size === 0 ? undefined : similar.byDigest.get(this.#kind.digestOf(value))
  }

  #distinguish(similar: Similar<T>, place: number): void {
    similar.places.push(place)
    const before = similar.byHash
    similar.byHash = new Map()
    for (const same of before.values()) for (const known of same) this.#file(similar, known)
  }

  #file({ places, byHash }: Similar<T>, known: Known<T>): void {
    const hash = this.#hashOf({ places }, known.value!)
    const same = byHash.get(hash)
    if (same) same.push(known)
    else byHash.set(hash, [known])
  }

  #hashOf({ places }: Pick<Similar<T>, 'places'>, value: T): number {
    let hash = 0
    for (const place of places) hash = mixed(hash, this.#kind.hashAt(value, place))
    return hash
  }

  /** Whether a value of a size can be kept. */
  #makeRoom(size: number): boolean {
    while (!this.#memory.take(size)) {
      if (this.#keptFrom === this.#inOrder.length) return false
      const { value } = this.#inOrder[this.#keptFrom]!
      this.#unfile(this.#inOrder[this.#keptFrom]!)
      this.#memory.release(this.#kind.sizeOf(value!))
      this.#replaceOldest()
    }
    return true
  }

  /** Replaces the oldest kept value by its digest. */
  #replaceOldest(): void {
    const known = this.#inOrder[this.#keptFrom]!
    this.#keptFrom += 1
    known.digest = this.#kind.digestOf(known.value!)
    known.value = undefined
    this.#similar.get(known.outline)!.byDigest.set(known.digest, known)
  }

  #forgetOldest(): void {
    const oldest = this.#inOrder.shift()!
    const similar = this.#similar.get(oldest.outline)!
    if (oldest.value === undefined) {
      this.#keptFrom -= 1
      similar.byDigest.delete(oldest.digest!)
    } else {
      this.#memory.release(this.#kind.sizeOf(oldest.value))
      this.#unfile(oldest)
    }
    if (similar.byHash.size === 0 && similar.byDigest.size === 0) this.#similar.delete(oldest.outline)
  }

  #unfile(known: Known<T>): void {
    const similar = this.#similar.get(known.outline)!
    const hash = this.#hashOf(similar, known.value!)
    const same = similar.byHash.get(hash)!
    if (same.length === 1) similar.byHash.delete(hash)
    else same.splice(same.indexOf(known), 1)
  }
}

/** Adds a part to a hash. */
export function mixed(hash: number, part: number): number {
  return Math.imul(hash ^ part, 0x9e37_79b1)
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
