import type { AgentTask } from '../agents/agent-task.ts'
import type { ReferenceAgents } from '../agents/reference-agents.ts'
import type { BacklogItem } from '../backlog/backlog-items.ts'
import type { Workspace } from '../tools/workspace.ts'
import type { OrderedFaults } from './ordered-faults.ts'
import type { Task } from './task.ts'

/** What tasks are done with. */
export interface TaskTools {
  readonly agents: ReferenceAgents
  readonly workspace: Pick<Workspace, 'write' | 'clear'>
  readonly faults: OrderedFaults
}

/** Does tasks: each in a folder of its own, which is gone when the task has ended, whatever way. */
export function taskWork({ agents, workspace, faults }: TaskTools): (task: Task, signal: AbortSignal) => Promise<void> {
  return async ({ number, order }, signal) => {
    const { agent, item, title, fault } = order
    const task: AgentTask = { number, item: item.id, title, folder: `task-${number}`, signal }
    if (fault) faults.order(number, fault)
    try {
      if (agent === 'reviewer') await workspace.write(`${task.folder}/change.ts`, changeToReview(item))
      await agents[agent](task)
    } finally {
      faults.lift(number)
      await workspace.clear(task.folder)
    }
  }
}

/** What a reviewer finds in its folder: the routes of the item's service. */
function changeToReview({ title, endpoints, acceptance }: BacklogItem): string {
  const routes = endpoints.map((endpoint) => `  '${endpoint}': notImplemented,`)
  return [
    `/** ${title}. */`,
    ...acceptance.map((criterion) => `// ${criterion}`),
    'export const routes = {',
    ...routes,
    '}',
    '',
    'function notImplemented(): never {',
    "  throw new Error('not implemented')",
    '}',
    '',
  ].join('\n')
}
