import { chanceOf } from '../chance-of.ts'

/** One way in which the model server misbehaves. */
export type Fault =
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'server-error' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Answers that call no tool come out right. */
  | { readonly kind: 'malformed-arguments' }

/** How the server can misbehave. */
export type FaultKind = Fault['kind']

/** What a plan may look at to decide. */
interface PlannedRequest {
  /** Counts all well-formed requests of the server, from 1. */
  readonly number: number
  readonly agent: string
  /** Counts the requests of this agent, from 1. */
  readonly agentRequest: number
  /** The first message of the user. */
  readonly task: string
}

/** Decides the fault of a request; undefined for an honest answer. */
export type FaultPlan = (request: PlannedRequest) => Fault | undefined

/** A server that always behaves. */
export const noFaults: FaultPlan = () => undefined

/** The n-th request gets the n-th fault of the list; after its end all answers are honest. */
export function listedFaults(faults: readonly (Fault | undefined)[]): FaultPlan {
  return ({ number }) => faults[number - 1]
}

/** Which part of all requests gets a fault, by kind, each 0-1, in sum at most 1. */
type FaultShares = Partial<Record<FaultKind, number>>

/** What {@link seededFaults} may be told. */
export interface SeededFaultsOptions {
  readonly shares: FaultShares
  /** @default 1 */
  readonly retryAfterSeconds?: number
  /** @default 2000 */
  readonly slowMs?: number
}

/** Spreads faults over the requests by chance that can be repeated: a pure function of the seed and the request's number. */
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
    let left = chanceOf(seed, number)
    for (const kind of kinds) {
      left -= shares[kind] ?? 0
      if (left < 0) return faults[kind]
    }
    return undefined
  }
}

/** Asks the plans in order; the first fault counts. */
export function firstFaultOf(...plans: readonly FaultPlan[]): FaultPlan {
  return (request) => {
    for (const plan of plans) {
      const fault = plan(request)
      if (fault) return fault
    }
    return undefined
  }
}
