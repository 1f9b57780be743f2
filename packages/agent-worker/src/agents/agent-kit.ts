import { currentExecution, type Logger, type RecoveryOptions } from '@swarmwatch/sdk'
import { isStepCount, type StopCondition } from 'ai'

import { type ChatModel, meteredModel } from '../metered-model.ts'
import type { TokenMeter } from '../token-meter.ts'
import type { BacklogTools } from '../tools/backlog-tools.ts'
import type { FileTools } from '../tools/file-tools.ts'
import type { Workspace } from '../tools/workspace.ts'

const mostSteps = 12

/** See {@link sharedOptions}. */
export type SharedOptions = Pick<AgentKit, 'recovery' | 'logger' | 'healthWindowSeconds'>

/** What the agents work with. */
export interface AgentKit {
  readonly model: ChatModel
  readonly meter: TokenMeter
  readonly workspace: Workspace
  readonly tools: FileTools & BacklogTools
  /** Over the defaults of the process; an attempt timeout belongs here. */
  readonly recovery?: RecoveryOptions | undefined
  /** Takes the SDK's lines; `false` silences them. */
  readonly logger?: Logger | false | undefined
  /** Length of the window behind health and rates, for the whole process. */
  readonly healthWindowSeconds?: number | undefined
}

/** The options that all agents of a kit have in common. */
export function sharedOptions({ recovery, logger, healthWindowSeconds }: AgentKit): SharedOptions {
  return { recovery, logger, healthWindowSeconds }
}

/** What every call of the AI SDK in an attempt is told. */
export interface ModelCall {
  readonly model: ChatModel
  readonly maxRetries: 0
  // The SDK's own type for a condition that fits all tools
  readonly stopWhen: StopCondition<any, any>
  readonly abortSignal?: AbortSignal
}

/** Settings of a model call within the running attempt: its tokens are counted, its abort ends the call, recovery is left to us. */
export function modelCall({ model, meter }: AgentKit): ModelCall {
  const execution = currentExecution()
  return {
    model: meteredModel(model, execution, meter),
    maxRetries: 0,
    stopWhen: isStepCount(mostSteps),
    ...(execution && { abortSignal: execution.signal }),
  }
}
