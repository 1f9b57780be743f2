import type { Secret } from '@swarmwatch/config'

import type { BridgeCore } from '../bridge-core.ts'
import { patientTimeout } from '../patience.ts'

export interface HeartbeatOptions {
  readonly core: Pick<BridgeCore, 'lastDeliveryWorked'>
  readonly url: Secret
  readonly write: (line: string) => void
  /** @default 60 s */
  readonly everyMs?: number
}

/**
 * Tells a service outside that people can be told, for it to raise the alarm when the sign does not come. It is sent only while the last
 * real delivery worked. Returns what stops it.
 */
export function sendHeartbeat({ core, url, write, everyMs = 60_000 }: HeartbeatOptions): () => void {
  let hasFailed = false

  async function beat(): Promise<void> {
    if (!core.lastDeliveryWorked) return
    const failure = await fetch(url.reveal(), { redirect: 'error', signal: patientTimeout(10_000) }).then(
      async (response) => {
        await response.body?.cancel()
        return response.ok ? undefined : `HTTP ${response.status}`
      },
      (error: unknown) => (error instanceof Error ? error.name : 'error'),
    )
    if (failure !== undefined && !hasFailed) write(`[BRIDGE] the heartbeat could not be sent (${failure})`)
    hasFailed = failure !== undefined
  }

  void beat()
  const timer = setInterval(() => void beat(), everyMs)
  return () => clearInterval(timer)
}
