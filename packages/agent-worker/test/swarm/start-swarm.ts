import { getActiveExecutions, type RecoveryOptions } from '@swarmwatch/sdk'
import { expect, onTestFinished } from 'vitest'

import { type ModelServer, type ModelServerOptions, startModelServer } from '../../src/model-server/start-model-server.ts'
import type { AgentDependencies, AgentTask } from '../../src/swarm/agent.ts'
import { backlogTools } from '../../src/swarm/backlog-tools.ts'
import { type BacklogServer, startBacklogServer } from '../../src/swarm/backlog.ts'
import { chatModel } from '../../src/swarm/chat-model.ts'
import { type AgentName, type ReferenceAgents, referenceAgents } from '../../src/swarm/reference-agents.ts'
import { fileTools, openWorkspace, type Workspace } from '../../src/swarm/workspace.ts'

/** Short delays keep the tests fast; everything else is as in production. */
const quickRecovery: RecoveryOptions = { baseDelaySeconds: 0.01, exponentialFactor: 1, maxDelaySeconds: 0.01 }

export interface TestSwarm {
  readonly agents: ReferenceAgents
  readonly dependencies: AgentDependencies
  readonly model: ModelServer
  readonly backlog: BacklogServer
  readonly workspace: Workspace
  /** Log lines of the SDK, in order. */
  readonly lines: string[]
}

/** Starts the three agents with a real model server, backlog service and workspace, which are removed when the test ends. */
export async function startSwarm(
  options: ModelServerOptions & { recovery?: RecoveryOptions; modelName?: string } = {},
): Promise<TestSwarm> {
  const { recovery, modelName = 'scripted-1', ...server } = options
  const model = await startModelServer(server)
  const backlog = await startBacklogServer()
  const workspace = await openWorkspace()
  onTestFinished(async () => {
    await Promise.all([model.close(), backlog.close(), workspace.remove()])
  })
  const lines: string[] = []
  const log = (line: string): void => void lines.push(line)
  const dependencies: AgentDependencies = {
    model: chatModel({ baseUrl: `${model.url}/v1`, apiKey: 'test', model: modelName }),
    workspace,
    tools: { ...fileTools(workspace), ...backlogTools(backlog.url) },
    recovery: { ...quickRecovery, ...recovery },
    logger: { warn: log, error: log },
  }
  return { agents: referenceAgents(dependencies), dependencies, model, backlog, workspace, lines }
}

/**
 * Waits until the SDK has finished every run. The SDK reads its own branch of a stream and may finish a moment after the caller.
 */
export const noRunActive = (): Promise<void> => expect.poll(() => getActiveExecutions()).toEqual([])

/** A task for the first backlog item. */
export const firstTask: AgentTask = { number: 1, item: 'B-1', title: 'Order history', folder: 'b-1' }

export const everyAgent: readonly AgentName[] = ['rapid-builder', 'api-integrator', 'reviewer']
