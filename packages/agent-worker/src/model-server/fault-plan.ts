/** A fault of the model server. */
export type Fault =
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'server-error' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Has no effect on answers without a tool call. */
  | { readonly kind: 'malformed-arguments' }

/** Kind of a fault. */
export type FaultKind = Fault['kind']

/** The facts of a request from which a plan decides. */
interface PlannedRequest {
  /** Position among all valid requests of the server, from 1. */
  readonly number: number
  readonly agent: string
  /** Position among the requests of this agent, from 1. */
  readonly agentRequest: number
  /** The first message of the user. */
  readonly task: string
}

/** Decides the fault of a request; undefined answers it correctly. */
export type FaultPlan = (request: PlannedRequest) => Fault | undefined

/** Answers every request correctly. */
export const noFaults: FaultPlan = () => undefined

/** Returns a plan in which the n-th request gets the n-th fault of the list, and requests after the end of the list get none. */
export function listedFaults(faults: readonly (Fault | undefined)[]): FaultPlan {
  return ({ number }) => faults[number - 1]
}

/** Share of the requests that get a fault, by kind: each 0-1, at most 1 in total. */
type FaultShares = Partial<Record<FaultKind, number>>

/** Options for {@link seededFaults}. */
export interface SeededFaultsOptions {
  readonly shares: FaultShares
  /** @default 1 */
  readonly retryAfterSeconds?: number
  /** @default 2000 */
  readonly slowMs?: number
}

/** Returns a plan with random but repeatable faults: a pure function of the seed and the request's number. */
export function seededFaults(seed: number, { shares, retryAfterSeconds = 1, slowMs = 2000 }: SeededFaultsOptions): FaultPlan {
  const faults: Record<FaultKind, Fault> = {
    'rate-limited': { kind: 'rate-limited', retryAfterSeconds },
    'server-error': { kind: 'server-error' },
    reset: { kind: 'reset' },
    slow: { kind: 'slow', delayMs: slowMs },
    'malformed-arguments': { kind: 'malformed-arguments' },
  }
  const kinds = Object.keys(faults) as FaultKind[]
  const sum = kinds.reduce((total, kind) => total + (shares[kind] ?? 0), 0)
  if (sum > 1 || kinds.some((kind) => (shares[kind] ?? 0) < 0))
    throw new RangeError(`shares must be 0-1 and at most 1 in sum, got ${sum}`)
  return ({ number }) => {
    let left = randomAt(seed, number)
    for (const kind of kinds) {
      left -= shares[kind] ?? 0
      if (left < 0) return faults[kind]
    }
    return undefined
  }
}

/** Combines plans: the first plan with a fault decides. */
export function firstFaultOf(...plans: readonly FaultPlan[]): FaultPlan {
  return (request) => {
    for (const plan of plans) {
      const fault = plan(request)
      if (fault) return fault
    }
    return undefined
  }
}

/**
 * Returns a repeatable random number from 0 to 1, exclusive, for the `index`-th event of a seed. It does not depend on the order of the
 * events.
 */
export function randomAt(seed: number, index: number): number {
  return mulberry32(Math.imul(seed, 0x9e3779b1) + Math.imul(index, 0x85ebca6b))
}

/** The first number of the mulberry32 generator for a seed. */
function mulberry32(seed: number): number {
  const state = (seed + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
