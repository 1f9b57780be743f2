import type { AgentKit } from '../agents/agent-kit.ts'
import { openWorld } from '../open-world.ts'
import { loadPrices } from '../prices.ts'
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

/** Opens the world of the demo, and says what is where. */
export async function openDemoWorld(
  { realModel, seed, pricesFile }: DemoSettings,
  say: (line: string) => void,
): Promise<DemoWorld> {
  const { kit, modelUrl, modelName, backlogUrl, close } = await openWorld({
    realModel,
    prices: await loadPrices(pricesFile),
    faults: demoFaults(seed),
    seed,
    // A slow answer of the scripted model takes 6 s
    attemptTimeoutSeconds: 5,
    healthWindowSeconds: demoWindowSeconds,
    logger: { warn: say, error: say },
    say,
  })
  return {
    kit,
    description: [
      realModel
        ? `Model     ${modelName} at ${new URL(modelUrl).host}`
        : `Model     ${modelUrl} (scripted, fails on purpose; set OPENAI_API_KEY for a real one)`,
      `Backlog   ${backlogUrl}/items`,
      `Files     ${kit.workspace.root} (removed at the end)`,
    ],
    close,
  }
}
