import { type Continuation, currentExecution, type Logger, type LoopLimit, type RecoveryOptions } from '@swarmwatch/sdk'
import { isStepCount, type StopCondition } from 'ai'

import type { BacklogTools } from './backlog-tools.ts'
import type { ChatModel } from './chat-model.ts'
import type { FileTools, Workspace } from './workspace.ts'

/** One piece of work for an agent. */
export interface AgentTask {
  /** Position among the tasks of a swarm, from 1. */
  readonly number: number
  /** Id of the backlog item. */
  readonly item: string
  readonly title: string
  /** Folder of the item's files, relative to the workspace. */
  readonly folder: string
  /** Aborts the work; the SDK looks for it here. */
  readonly signal?: AbortSignal
  /** The attempt that this is, if a queue owns the retries. */
  readonly continuation?: Continuation | undefined
  /** Rejects if another worker has taken the task from this one; called as the last step. */
  readonly confirm?: (() => Promise<void>) | undefined
}

/** Everything that the three agents need to do their tasks. */
export interface AgentDependencies {
  readonly model: ChatModel
  readonly workspace: Workspace
  readonly tools: FileTools & BacklogTools
  /** Overrides the defaults of the process, for example with an attempt timeout. */
  readonly recovery?: RecoveryOptions | undefined
  /** Ends runs that repeat a tool call. @default none */
  readonly loop?: LoopLimit | undefined
  /** Receives the log lines of the SDK; `false` turns them off. */
  readonly logger?: Logger | false | undefined
  /** Length of the window over which health and rates are calculated, for the whole process. */
  readonly healthWindowSeconds?: number | undefined
}

/** Options of `instrumentAgent` that all three agents share. */
export interface InstrumentOptions extends Pick<AgentDependencies, 'recovery' | 'loop' | 'logger' | 'healthWindowSeconds'> {
  readonly continuation: (task: AgentTask) => Continuation | undefined
}

/** Returns the options of `instrumentAgent` that all three agents share. */
export function instrumentOptions({ recovery, loop, logger, healthWindowSeconds }: AgentDependencies): InstrumentOptions {
  return { recovery, loop, logger, healthWindowSeconds, continuation: (task) => task.continuation }
}

/** Options that every call of the AI SDK gets. */
export interface ModelCall {
  readonly model: ChatModel
  readonly maxRetries: 0
  // The AI SDK's own type for a condition that fits all tools
  readonly stopWhen: StopCondition<any, any>
  readonly abortSignal?: AbortSignal
}

const maxSteps = 12

/**
 * Returns the options for a model call within the running attempt: aborting the attempt ends the call, and the AI SDK does not retry,
 * because Swarmwatch does.
 */
export function modelCall({ model }: AgentDependencies): ModelCall {
  const execution = currentExecution()
  return {
    model,
    maxRetries: 0,
    stopWhen: isStepCount(maxSteps),
    ...(execution && { abortSignal: execution.signal }),
  }
}

/** Returns the prompt for a task; `verb` is the action of the agent on the item. */
export function promptFor({ number, item, title, folder }: AgentTask, verb: string): string {
  return `Task ${number}: ${verb} item ${item} (${title}). Its files are in folder ${folder}.`
}

/** Returns the number of a task from its prompt: 15 for "Task 15: build item B-3 ...". NaN for any other text. */
export function taskNumberIn(prompt: string): number {
  return Number(/^Task (\d+):/.exec(prompt)?.[1])
}

/** Ends a task. Throws `UnfinishedTaskError`, which is retried, unless the model ended its work by itself and wrote `file`. */
export async function finish(
  task: AgentTask,
  finishReason: string | undefined,
  workspace: Workspace,
  fileName: string,
): Promise<void> {
  const file = `${task.folder}/${fileName}`
  if (finishReason !== 'stop') throw new UnfinishedTaskError(`the model stopped early (${finishReason ?? 'no reason given'})`)
  if (!(await workspace.has(file))) throw new UnfinishedTaskError('the model finished without writing its file')
  await task.confirm?.()
}

/** The model stopped before the work was done: it ran out of steps, was cut off, or did not write its file. */
class UnfinishedTaskError extends Error {
  override readonly name = 'UnfinishedTaskError'
}
