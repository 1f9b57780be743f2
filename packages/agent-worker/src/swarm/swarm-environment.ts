import { type FaultPlan, randomAt, startModelServer } from '../model-server/index.ts'
import type { AgentDependencies } from './agent.ts'
import { backlogTools } from './backlog-tools.ts'
import { startBacklogServer } from './backlog.ts'
import { chatModel, type ChatModelSettings } from './chat-model.ts'
import { fileTools, openWorkspace } from './workspace.ts'

/** The running environment of a swarm: a model, a backlog service and a workspace. */
export interface SwarmEnvironment {
  readonly dependencies: AgentDependencies
  /** Base URL of the model. */
  readonly modelUrl: string
  readonly modelName: string
  readonly backlogUrl: string
  /** Stops the servers and removes the files. */
  readonly close: () => Promise<void>
}

/** Options for {@link startSwarmEnvironment}. */
export interface SwarmEnvironmentOptions extends Pick<AgentDependencies, 'logger' | 'healthWindowSeconds'> {
  /** Undefined starts the scripted model. */
  readonly realModel: ChatModelSettings | undefined
  /** Faults of the scripted model. */
  readonly faults: FaultPlan
  /** Decides how long each answer of the scripted model takes. */
  readonly seed: number
  /** Timeout of an attempt with the scripted model; an attempt with a real model has 120 s. */
  readonly attemptTimeoutSeconds: number
  /** Folder in which the workspace is created. @default the system's folder for temporary files */
  readonly workspaceParent?: string
}

const realAttemptTimeoutSeconds = 120

/** Creates the workspace and starts the backlog service and, unless there is a real model, the scripted one. */
export async function startSwarmEnvironment(options: SwarmEnvironmentOptions): Promise<SwarmEnvironment> {
  const { realModel, faults, seed, attemptTimeoutSeconds, workspaceParent, ...shared } = options
  // First, because only this step can fail
  const workspace = await openWorkspace(workspaceParent)
  const scripted = realModel
    ? undefined
    : await startModelServer({
        plan: faults,
        latencyMs: (number) => 100 + 300 * randomAt(seed + 1, number),
        chunkDelayMs: 10,
      })
  const backlog = await startBacklogServer()
  const model = realModel ?? { baseUrl: `${scripted?.url}/v1`, apiKey: 'none-needed', model: 'scripted-1' }
  return {
    dependencies: {
      model: chatModel(model),
      workspace,
      tools: { ...fileTools(workspace), ...backlogTools(backlog.url) },
      recovery: { attemptTimeoutSeconds: realModel ? realAttemptTimeoutSeconds : attemptTimeoutSeconds },
      ...shared,
    },
    modelUrl: model.baseUrl,
    modelName: model.model,
    backlogUrl: backlog.url,
    close: async () => {
      await Promise.allSettled([scripted?.close(), backlog.close(), workspace.remove()])
    },
  }
}
