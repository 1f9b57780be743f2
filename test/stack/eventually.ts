import { setTimeout as delay } from 'node:timers/promises'

/** Asks every half second until there is an answer; fails with what it waited for and what was wrong last. */
export async function eventually<T>(what: string, withinSeconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const endMs = performance.now() + withinSeconds * 1000
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
      last = undefined
    } catch (error) {
      last = error
    }
    if (performance.now() > endMs) throw new Error(`waited ${withinSeconds} s for ${what}`, { cause: last })
    await delay(500)
  }
}
