import type { Part } from '../part.ts'
import { measureBridge } from './measure-bridge.ts'
import { bridgeSection, type BridgeResult } from './report-bridge.ts'

/** How fast the alert bridge acknowledges and tells, and what it needs while much waits. */
export const bridge: Part<BridgeResult> = {
  name: 'bridge',
  measure({ isShort }) {
    // All that is acknowledged waits: together it must stay below the 100,000 that an inbox holds
    return measureBridge(
      isShort
        ? { rounds: 3, milliseconds: 300, pacedSeconds: 1, deliveries: 3_000, starts: 1, settleMs: 500 }
        : { rounds: 17, milliseconds: 500, pacedSeconds: 10, deliveries: 100_000, starts: 3, settleMs: 10_000 },
    )
  },
  ratios({ acknowledgements }) {
    return acknowledgements.map(({ connections, waiting }) => ({
      what: `durable acknowledgements at ${connections} connections against a bare server`,
      value: waiting.ratio.median,
      goal: { atLeast: 0.8 },
    }))
  },
  section: bridgeSection,
}
