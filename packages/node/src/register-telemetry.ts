import { isMainThread } from 'node:worker_threads'

import { ConfigurationError } from '@swarmwatch/config'

import { startOnce } from './start-telemetry.ts'

/**
 * Starts telemetry from the environment and the configuration file. Rejects with one message that
 * has everything that is wrong.
 */
export async function registerTelemetry(): Promise<void> {
  // Worker threads run this too; ports and alerts belong to the main thread
  const options = isMainThread
    ? {}
    : ({ metrics: { port: false }, monitor: { port: false }, alerts: { inProcess: 'off' } } as const)
  try {
    await startOnce(options, { handleSignals: true })
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    throw new Error(`telemetry could not start: ${String(error)}`, { cause: error })
  }
}
