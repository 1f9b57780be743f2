import type { AgentTask } from './agents/agent-task.ts'
import { type AgentName, agentNames } from './agents/reference-agents.ts'
import type { BacklogItem } from './backlog/backlog-items.ts'
import { chanceOf } from './chance-of.ts'

/** Who does what. */
export interface Assignment {
  readonly agent: AgentName
  readonly task: AgentTask
}

/** Endless work, the same for the same seed: each agent once, then agents by chance, over all items in turn. */
export function* seededSchedule(seed: number, items: readonly BacklogItem[]): Generator<Assignment, never> {
  for (let number = 1; ; number += 1) {
    const inTurn = agentNames[number - 1]
    const agent = inTurn ?? agentNames[Math.floor(chanceOf(seed, number) * agentNames.length)] ?? agentNames[0]
    const { id, title } = items[(number - 1) % items.length] as BacklogItem
    yield { agent, task: { number, item: id, title, folder: id.toLowerCase() } }
  }
}
