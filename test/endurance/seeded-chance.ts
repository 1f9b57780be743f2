import { hash } from 'node:crypto'

/** Numbers from 0 to 1, the same for the same seed. */
export function seededChance(seed: number): () => number {
  let drawn = 0
  return () => Number.parseInt(hash('sha256', `${seed}:${(drawn += 1)}`).slice(0, 8), 16) / 2 ** 32
}
