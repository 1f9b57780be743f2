import { rm } from 'node:fs/promises'

import { measureAcknowledgements } from './acknowledgements.ts'
import { buildBridge } from './built-bridge.ts'
import { measurePaced } from './paced.ts'
import type { BridgeResult } from './report-bridge.ts'
import { measureWaiting } from './waiting.ts'

export interface BridgeSize {
  readonly rounds: number
  readonly milliseconds: number
  readonly pacedSeconds: number
  readonly deliveries: number
  readonly starts: number
  /** How long memory may settle. */
  readonly settleMs: number
}

/** Measures the built bridge, each time in a process of its own. */
export async function measureBridge({ rounds, milliseconds, pacedSeconds, ...waiting }: BridgeSize): Promise<BridgeResult> {
  const { cli, folder } = await buildBridge()
  try {
    return {
      acknowledgements: await measureAcknowledgements(cli, rounds, milliseconds),
      paced: await measurePaced(cli, pacedSeconds),
      waiting: await measureWaiting(cli, waiting),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}
