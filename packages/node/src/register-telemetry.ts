import { isMainThread } from 'node:worker_threads'

import { ConfigurationError } from '@swarmwatch/config'

import { startOnce } from './start-telemetry.ts'

/**
 * Starts telemetry from the environment and the configuration file, and prints the address of the
 * status page on a terminal. Rejects with one message that has everything that is wrong.
 */
export async function registerTelemetry(): Promise<void> {
  // Worker threads run this too; ports and alerts belong to the main thread
  const options = isMainThread
    ? {}
    : ({ metrics: { port: false }, monitor: { port: false }, alerts: { inProcess: 'off' } } as const)
  try {
    const { pageUrl } = await startOnce(options, { handleSignals: true })
    // For a developer; logs and the output of other programs have no other lines
    if (process.stderr.isTTY && pageUrl !== undefined) console.error(`[TELEMETRY] status page at ${pageUrl}`)
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    throw new Error(`telemetry could not start: ${String(error)}`, { cause: error })
  }
}
