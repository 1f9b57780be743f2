import { access } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { executeWithRecovery } from '../src/index.ts'

/** Holds the whole thread up, as SIGSTOP or a sleeping laptop does. */
function pauseThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const limited = { maxRetries: 0, attemptTimeoutSeconds: 0.2 }

test('an answer that came while the process was paused counts, although the time limit passed meanwhile', async () => {
  const answer = executeWithRecovery(
    async () => {
      const reading = access(import.meta.filename)
      pauseThread(2_500)
      await reading
      return 'read'
    },
    { agentName: 'paused', recovery: limited, logger: false },
  )
  expect(await answer).toBe('read')
})

test('where no answer came, the time limit ends the run after a pause too', async () => {
  const answer = executeWithRecovery(
    () => {
      pauseThread(2_500)
      return new Promise<never>(() => {})
    },
    { agentName: 'paused', recovery: limited, logger: false },
  )
  await expect(answer).rejects.toMatchObject({ name: 'TimeoutError' })
})
