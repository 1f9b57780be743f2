import { taskNumberIn } from '../agents/agent-task.ts'
import { type Fault, type FaultPlan, firstFaultOf, seededFaults } from '../model-server/fault-plan.ts'

const opening: Readonly<Record<string, Readonly<Record<number, Fault>>>> = {
  'rapid-builder': { 1: { kind: 'rate-limited', retryAfterSeconds: 1 }, 7: { kind: 'malformed-arguments' } },
  'api-integrator': { 2: { kind: 'reset' } },
  reviewer: { 3: { kind: 'server-error' } },
}

/** Every agent's first task fails once and recovers: nobody has to wait for chance to show it. */
const openingFaults: FaultPlan = ({ agent, agentRequest }) => opening[agent]?.[agentRequest]

/** Every tenth task, from the fifth, fails to the end: recovery cannot help it. */
const hopelessTasks: FaultPlan = ({ task }) => (taskNumberIn(task) % 10 === 5 ? { kind: 'server-error' } : undefined)

/** Nine tasks in a row fail to the end, then again after sixty: health falls, an alert fires, and both recover. */
const outage: FaultPlan = ({ task }) => {
  const number = taskNumberIn(task) % 60
  return number >= 12 && number < 21 ? { kind: 'server-error' } : undefined
}

/** How the demo's model misbehaves: first as arranged, then by chance that can be repeated. */
export function demoFaults(seed: number): FaultPlan {
  const shares = { 'rate-limited': 0.01, 'server-error': 0.01, reset: 0.008, slow: 0.004, 'malformed-arguments': 0.03 }
  return firstFaultOf(openingFaults, hopelessTasks, outage, seededFaults(seed, { shares, retryAfterSeconds: 2, slowMs: 6000 }))
}
