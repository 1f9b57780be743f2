import type { AgentKit } from './agents/agent-kit.ts'
import { startBacklogServer } from './backlog/start-backlog-server.ts'
import { chanceOf } from './chance-of.ts'
import { chatModel, type ChatModelSettings } from './chat-model.ts'
import type { FaultPlan } from './model-server/fault-plan.ts'
import { startModelServer } from './model-server/start-model-server.ts'
import type { PriceTable } from './prices.ts'
import { tokenMeter } from './token-meter.ts'
import { backlogTools } from './tools/backlog-tools.ts'
import { fileTools } from './tools/file-tools.ts'
import { openWorkspace } from './tools/workspace.ts'

/** What agents work in and with: a model, a backlog service and a folder. */
export interface World {
  readonly kit: AgentKit
  /** The address of the model that is asked. */
  readonly modelUrl: string
  readonly modelName: string
  readonly backlogUrl: string
  /** Stops the servers and removes the files. */
  readonly close: () => Promise<void>
}

/** What {@link openWorld} is told. */
export interface WorldOptions extends Pick<AgentKit, 'logger' | 'healthWindowSeconds'> {
  /** Undefined for the scripted model. */
  readonly realModel: ChatModelSettings | undefined
  readonly prices: PriceTable
  /** How the scripted model misbehaves. */
  readonly faults: FaultPlan
  /** Decides how long the scripted model thinks. */
  readonly seed: number
  /** An attempt with the scripted model is given up after so long; one with a real model after 120 s. */
  readonly attemptTimeoutSeconds: number
  /** The folder in which the workspace is made. @default the system's for temporary files */
  readonly workspaceParent?: string
  /** Hears of a model without a price. */
  readonly say: (line: string) => void
}

const realAttemptTimeoutSeconds = 120

/** Starts the scripted model (unless there is a real one) and the backlog service, and makes the workspace. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const { realModel, prices, faults, seed, attemptTimeoutSeconds, workspaceParent, say, ...shared } = options
  // First, because it is what can fail
  const workspace = await openWorkspace(workspaceParent)
  const scripted = realModel
    ? undefined
    : await startModelServer({
        plan: faults,
        latencyMs: (number) => 100 + 300 * chanceOf(seed + 1, number),
        chunkDelayMs: 10,
      })
  const backlog = await startBacklogServer()
  const asked = realModel ?? { baseUrl: `${scripted?.url}/v1`, apiKey: 'none-needed', model: 'scripted-1' }
  return {
    kit: {
      model: chatModel(asked),
      meter: tokenMeter(prices, say),
      workspace,
      tools: { ...fileTools(workspace), ...backlogTools(backlog.url) },
      recovery: { attemptTimeoutSeconds: realModel ? realAttemptTimeoutSeconds : attemptTimeoutSeconds },
      ...shared,
    },
    modelUrl: asked.baseUrl,
    modelName: asked.model,
    backlogUrl: backlog.url,
    close: async () => {
      await Promise.allSettled([scripted?.close(), backlog.close(), workspace.remove()])
    },
  }
}
