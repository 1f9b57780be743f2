import type { AgentTask, BacklogItem, ReferenceAgents, Workspace } from '../swarm/index.ts'
import type { Task } from './task-queue.ts'
import type { TaskFaults } from './worker-faults.ts'

/** Options for {@link taskWork}. */
export interface TaskWorkOptions {
  readonly agents: ReferenceAgents
  readonly workspace: Pick<Workspace, 'write' | 'clear'>
  readonly faults: TaskFaults
}

/** Returns a function that does a task in a folder of its own, which it removes when the task has ended, with any outcome. */
export function taskWork({ agents, workspace, faults }: TaskWorkOptions): (task: Task, signal: AbortSignal) => Promise<void> {
  return async ({ number, request }, signal) => {
    const { agent, item, title, fault } = request
    const task: AgentTask = { number, item: item.id, title, folder: `task-${number}`, signal }
    if (fault) faults.set(number, fault)
    try {
      if (agent === 'reviewer') await workspace.write(`${task.folder}/change.ts`, changeToReview(item))
      await agents[agent](task)
    } finally {
      faults.clear(number)
      await workspace.clear(task.folder)
    }
  }
}

/** Returns the file that a reviewer finds in its folder: the routes of the item's service. */
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
