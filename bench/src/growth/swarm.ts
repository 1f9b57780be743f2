import { instrumentAgent, instrumentTool } from '@swarmwatch/sdk'
import { ConstantBackoff, handleAll, retry } from 'cockatiel'

import { byHand, type Policy, toolByHand } from '../calls/by-hand.ts'

/** How large a swarm is, and how much each run of it does. */
export interface SwarmSize {
  readonly agents: number
  readonly toolsPerRun: number
  /** All but the last one fail; nothing is waited for between them. */
  readonly attempts: number
}

export const ways = ['bare', 'by hand', 'swarmwatch'] as const
export type Way = (typeof ways)[number]

/** The argument of a run; it counts the attempts of that run, since all runs are concurrent. */
export interface Task {
  attempts: number
}

export type SwarmAgent = (task: Task) => Promise<number>

/** The agents of a swarm, wrapped in one way. */
export function swarmOf(way: Way, size: SwarmSize): SwarmAgent[] {
  return Array.from({ length: size.agents }, (_, at) => agentIn(way, `agent-${at}`, size))
}

function agentIn(way: Way, name: string, { toolsPerRun, attempts }: SwarmSize): SwarmAgent {
  const tool = toolIn(way, name, async (text) => text.length)
  const agent: SwarmAgent = async (task) => {
    let result = 0
    for (let call = 0; call < toolsPerRun; call += 1) result += await tool('a file')
    task.attempts += 1
    if (task.attempts < attempts) throw new Error('the model is overloaded')
    return result
  }
  if (way === 'swarmwatch') {
    return instrumentAgent(agent, { name, logger: false, recovery: { maxRetries: attempts - 1, baseDelaySeconds: 0 } })
  }
  const policy = atOnce(attempts)
  return way === 'by hand' ? byHand(name, agent, policy) : async (task) => policy.execute(() => agent(task))
}

function toolIn(way: Way, agentName: string, tool: (text: string) => Promise<number>): (text: string) => Promise<number> {
  if (way === 'bare') return tool
  return way === 'by hand' ? toolByHand(agentName, 'read_file', tool) : instrumentTool(tool, { name: 'read_file' })
}

const atOnce = (attempts: number): Policy => retry(handleAll, { maxAttempts: attempts - 1, backoff: new ConstantBackoff(0) })
