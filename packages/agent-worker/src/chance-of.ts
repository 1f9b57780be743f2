/**
 * Chance that can be repeated: a number from 0 up to 1 for the `index`-th event of a seed. It does not depend on the order of the events.
 */
export function chanceOf(seed: number, index: number): number {
  return mulberry32(Math.imul(seed, 0x9e3779b1) + Math.imul(index, 0x85ebca6b))
}

/** The first number of the mulberry32 generator for a seed. */
function mulberry32(seed: number): number {
  const state = (seed + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
