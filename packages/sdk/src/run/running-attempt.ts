import { AsyncLocalStorage } from 'node:async_hooks'

import { processWide } from '../process-wide.ts'

/** Whether attempts are followed: only from the first tool with `once` or the first pause on, because it costs each attempt a little. */
export const attemptsAreFollowed: { value: boolean } = processWide('attempts-are-followed/1', () => ({ value: false }))

/**
 * The number of the attempt that the calling code belongs to, also after a later attempt has begun. Undefined in attempts that began
 * before the first tool with `once` was made, or before the first pause.
 */
export const runningAttempt: AsyncLocalStorage<number> = processWide('running-attempt/1', () => new AsyncLocalStorage<number>())
