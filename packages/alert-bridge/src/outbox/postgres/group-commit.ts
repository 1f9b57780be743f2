import { StoreError } from '../store.ts'
import { isDataError } from './store-error.ts'

/** Puts pieces of work that arrive at the same time into one transaction. */
export interface GroupCommit<Piece, Result> {
  /** Resolves when the piece is committed. */
  readonly add: (piece: Piece) => Promise<Result>
  /** Resolves when nothing waits or is being committed. */
  readonly settled: () => Promise<void>
}

interface Waiting<Piece, Result> {
  readonly piece: Piece
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** While one group is on its way to the disk, the next one may already be decided. */
const maxGroups = 2
/** More in one transaction would hold its locks for long. */
const maxPieces = 256

/** A group contains all that arrives until a turn of the event loop brings nothing more, or while the groups before it are committed. */
export function groupCommit<Piece, Result>(
  commit: (pieces: readonly Piece[]) => Promise<readonly PromiseSettledResult<Result>[]>,
): GroupCommit<Piece, Result> {
  const waiting: Waiting<Piece, Result>[] = []
  const underWay = new Set<Promise<void>>()
  let isScheduled = false

  function add(piece: Piece): Promise<Result> {
    return new Promise((resolve, reject) => {
      waiting.push({ piece, resolve, reject })
      schedule()
    })
  }

  function schedule(): void {
    if (isScheduled || waiting.length === 0 || underWay.size >= maxGroups) return
    isScheduled = true
    setImmediate(start, waiting.length)
  }

  function start(before: number): void {
    // requests that are sent together arrive in several turns
    if (waiting.length > before && waiting.length < maxPieces) return void setImmediate(start, waiting.length)
    isScheduled = false
    const group = commitGroup(waiting.splice(0, maxPieces)).finally(() => {
      underWay.delete(group)
      schedule()
    })
    underWay.add(group)
    schedule()
  }

  async function commitGroup(group: readonly Waiting<Piece, Result>[]): Promise<void> {
    try {
      const results = await commit(group.map(({ piece }) => piece))
      for (const [index, { resolve, reject }] of group.entries()) {
        const result = results[index]!
        if (result.status === 'fulfilled') resolve(result.value)
        else reject(result.reason)
      }
    } catch (error) {
      // one piece that cannot be stored must not fail the others
      const canSplit = group.length > 1 && error instanceof StoreError && isDataError(error.cause)
      if (canSplit) for (const one of group) await commitGroup([one])
      else for (const { reject } of group) reject(error)
    }
  }

  async function settled(): Promise<void> {
    while (waiting.length > 0 || underWay.size > 0) {
      await new Promise(setImmediate)
      await Promise.all(underWay)
    }
  }

  return { add, settled }
}
