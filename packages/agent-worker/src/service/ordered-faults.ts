import { taskNumberIn } from '../agents/agent-task.ts'
import type { Fault, FaultPlan } from '../model-server/fault-plan.ts'

/** The kinds of outage that can be ordered. */
export const orderableFaults = ['429', '500', 'reset', 'timeout'] as const
/** A kind of outage that can be ordered. */
export type OrderedFault = (typeof orderableFaults)[number]

const faults: Readonly<Record<OrderedFault, Fault>> = {
  '429': { kind: 'rate-limited', retryAfterSeconds: 1 },
  '500': { kind: 'server-error' },
  reset: { kind: 'reset' },
  // Longer than any attempt may take
  timeout: { kind: 'slow', delayMs: 3_600_000 },
}

/** Outages on purpose: every model call of a task that has one fails, until it is lifted. */
export interface OrderedFaults {
  readonly plan: FaultPlan
  order(taskNumber: number, fault: OrderedFault): void
  lift(taskNumber: number): void
}

/** Keeps which task fails how; a task is known by the number in its prompt. */
export function orderedFaults(): OrderedFaults {
  const ordered = new Map<number, OrderedFault>()
  return {
    plan({ task }) {
      const fault = ordered.get(taskNumberIn(task))
      return fault && faults[fault]
    },
    order: (taskNumber, fault) => void ordered.set(taskNumber, fault),
    lift: (taskNumber) => void ordered.delete(taskNumber),
  }
}
