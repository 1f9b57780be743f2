import { setTimeout as delay } from 'node:timers/promises'

import { getActiveExecutions } from '@swarmwatch/sdk'

/**
 * Waits until the SDK has counted every run: it reads its own branch of a stream and may come to its end a moment after the caller. A run
 * that hangs is waited for at most half a second.
 */
export async function allRunsCounted(): Promise<void> {
  for (let checks = 0; checks < 50 && getActiveExecutions().length > 0; checks += 1) await delay(10)
}
