import { setTimeout as pause } from 'node:timers/promises'

import { StoreError } from '../store/store-error.ts'

/**
 * Writes until it succeeds: what was sent and is not marked would be sent again. Gives up only when the store is closed or `stop`
 * aborts.
 */
export async function persist(write: () => Promise<void>, stop: AbortSignal, everyMs = 500): Promise<boolean> {
  for (;;) {
    try {
      await write()
      return true
    } catch (error) {
      if (!(error instanceof StoreError) || error.reason === 'closed' || stop.aborted) return false
      await pause(everyMs, undefined, { signal: stop }).catch(() => {})
    }
  }
}
