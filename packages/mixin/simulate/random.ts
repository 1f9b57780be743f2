import { fixedRandom } from '@swarmwatch/testkit'

/** A source of random numbers: the same seed makes the same numbers. */
export interface Random {
  /** At least 0, below 1. */
  uniform(): number
  /** Mean 0, deviation 1. */
  normal(): number
  /** The number of events when `mean` are expected. */
  poisson(mean: number): number
  /** How many of `n` happen, each with probability `p`. */
  binomial(n: number, p: number): number
  /** The mean of `n` values with mean 1 whose logarithm is normal with this deviation. */
  meanOfLogNormal(n: number, deviation: number): number
}

/** Random numbers of a seed. */
export function randomFrom(seed: string): Random {
  const uniform = fixedRandom(hashOf(seed))
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const poisson = (mean: number): number => {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
    const limit = Math.exp(-mean)
    let events = 0
    for (let product = uniform(); product > limit; product *= uniform()) events += 1
    return events
  }
  return {
    uniform,
    normal,
    poisson,
    binomial: (n, p) => {
      let hits = 0
      for (let each = 0; each < n; each += 1) if (uniform() < p) hits += 1
      return hits
    },
    meanOfLogNormal: (n, deviation) => {
      let sum = 0
      for (let each = 0; each < n; each += 1) sum += Math.exp(deviation * normal() - deviation ** 2 / 2)
      return n === 0 ? 0 : sum / n
    },
  }
}

function hashOf(text: string): number {
  let hash = 2166136261
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 16777619)
  return hash
}
