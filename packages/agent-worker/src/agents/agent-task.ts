/** One piece of work for an agent. */
export interface AgentTask {
  /** Counts the tasks of a swarm, from 1. */
  readonly number: number
  /** The backlog item. */
  readonly item: string
  readonly title: string
  /** Where the item's files are, relative to the workspace. */
  readonly folder: string
  /** Ends the work; the SDK finds it here. */
  readonly signal?: AbortSignal
}

/** The words that ask an agent for a task: `verb` says what to do with the item. */
export function promptFor({ number, item, title, folder }: AgentTask, verb: string): string {
  return `Task ${number}: ${verb} item ${item} (${title}). Its files are in folder ${folder}.`
}

/** 15 of "Task 15: build item B-3 ..."; NaN for other words. */
export function taskNumberIn(prompt: string): number {
  return Number(/^Task (\d+):/.exec(prompt)?.[1])
}
