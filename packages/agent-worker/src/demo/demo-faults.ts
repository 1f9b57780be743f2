import { type Fault, type FaultPlan, firstFaultOf, seededFaults } from '../model-server/fault-plan.ts'

const opening: Readonly<Record<string, Readonly<Record<number, Fault>>>> = {
  'rapid-builder': { 1: { kind: 'rate-limited', retryAfterSeconds: 1 }, 7: { kind: 'malformed-arguments' } },
  'api-integrator': { 2: { kind: 'reset' } },
  reviewer: { 3: { kind: 'server-error' } },
}

/** Every agent's first task fails once and recovers: nobody has to wait for chance to show it. */
const openingFaults: FaultPlan = ({ agent, agentRequest }) => opening[agent]?.[agentRequest]

/** Every tenth task, from the fifth, fails to the end: recovery cannot help it. */
const hopelessTasks: FaultPlan = ({ task }) => {
  // "Task 15: build item B-3 ..."
  const number = Number(/^Task (\d+):/.exec(task)?.[1])
  return number % 10 === 5 ? { kind: 'server-error' } : undefined
}

/** How the demo's model misbehaves: first as arranged, then by chance that can be repeated. */
export function demoFaults(seed: number): FaultPlan {
  const shares = { 'rate-limited': 0.01, 'server-error': 0.01, reset: 0.008, slow: 0.004, 'malformed-arguments': 0.03 }
  return firstFaultOf(openingFaults, hopelessTasks, seededFaults(seed, { shares, retryAfterSeconds: 2, slowMs: 6000 }))
}
