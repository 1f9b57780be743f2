import { type AgentKit } from '../agents/agent-kit.ts'
import { startBacklogServer } from '../backlog/start-backlog-server.ts'
import { chanceOf } from '../chance-of.ts'
import { chatModel } from '../chat-model.ts'
import { startModelServer } from '../model-server/start-model-server.ts'
import { loadPrices } from '../prices.ts'
import { tokenMeter } from '../token-meter.ts'
import { backlogTools } from '../tools/backlog-tools.ts'
import { fileTools } from '../tools/file-tools.ts'
import { openWorkspace } from '../tools/workspace.ts'
import { demoFaults } from './demo-faults.ts'
import type { DemoSettings } from './demo-settings.ts'

/** Health and rates look back this far; five minutes in production. */
export const demoWindowSeconds = 30

/** What the demo's agents work in and with. */
export interface DemoWorld {
  readonly kit: AgentKit
  /** Lines that say what is where. */
  readonly description: readonly string[]
  /** Stops the servers and removes the files. */
  readonly close: () => Promise<void>
}

/** Starts the model server (unless there is a real model) and the backlog service, and makes the workspace. */
export async function openDemoWorld(
  { realModel, seed, pricesFile }: DemoSettings,
  say: (line: string) => void,
): Promise<DemoWorld> {
  const prices = await loadPrices(pricesFile)
  const scripted = realModel
    ? undefined
    : await startModelServer({
        plan: demoFaults(seed),
        latencyMs: (number) => 100 + 300 * chanceOf(seed + 1, number),
        chunkDelayMs: 10,
      })
  const backlog = await startBacklogServer()
  const workspace = await openWorkspace()
  const asked = realModel ?? { baseUrl: `${scripted?.url}/v1`, apiKey: 'none-needed', model: 'scripted-1' }
  return {
    kit: {
      model: chatModel(asked),
      meter: tokenMeter(prices, say),
      workspace,
      tools: { ...fileTools(workspace), ...backlogTools(backlog.url) },
      // A slow answer of the scripted model takes 6 s
      recovery: { attemptTimeoutSeconds: realModel ? 120 : 5 },
      healthWindowSeconds: demoWindowSeconds,
      logger: { warn: say, error: say },
    },
    description: [
      scripted
        ? `Model     ${asked.baseUrl} (scripted, fails on purpose; set OPENAI_API_KEY for a real one)`
        : `Model     ${asked.model} at ${new URL(asked.baseUrl).host}`,
      `Backlog   ${backlog.url}/items`,
      `Files     ${workspace.root} (removed at the end)`,
    ],
    close: async () => {
      await Promise.allSettled([scripted?.close(), backlog.close(), workspace.remove()])
    },
  }
}
