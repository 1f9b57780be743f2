/** The rule of versions before 0.2, for comparison: |z| > 1.96 in a z-test of the last day, for half an hour, from 100 runs of each on. */
export interface OldRule {
  count(run: number, variant: number, isSuccess: boolean): void
  isDifferent(): boolean
}

/** Returns the old rule for runs that arrive evenly. */
export function oldRule(variants: number, runsPerDay: number): OldRule {
  // The last day, as a ring of runs
  const ring = new Int16Array(runsPerDay).fill(-1)
  const runs = Array.from({ length: variants }, () => 0)
  const successes = Array.from({ length: variants }, () => 0)
  const since = Array.from({ length: variants }, () => Infinity)
  const pendingRuns = runsPerDay / 48
  let last = 0
  const add = (entry: number, by: number): void => {
    runs[entry >> 1]! += by
    if (entry & 1) successes[entry >> 1]! += by
  }
  return {
    count: (run, variant, isSuccess) => {
      last = run
      const place = run % runsPerDay
      if (ring[place]! >= 0) add(ring[place]!, -1)
      ring[place] = variant * 2 + (isSuccess ? 1 : 0)
      add(ring[place]!, 1)
    },
    isDifferent: () => {
      const allRuns = runs.reduce((sum, each) => sum + each, 0)
      const allSuccesses = successes.reduce((sum, each) => sum + each, 0)
      const pooled = allSuccesses / allRuns
      for (let each = 0; each < variants; each++) {
        const [own, others] = [runs[each]!, allRuns - runs[each]!]
        const difference = successes[each]! / own - (allSuccesses - successes[each]!) / others
        const z = difference / Math.sqrt((1 / own + 1 / others) * pooled * (1 - pooled))
        const isOver = own >= 100 && others >= 100 && Math.abs(z) > 1.96
        since[each] = isOver ? Math.min(since[each]!, last) : Infinity
        if (last - since[each]! >= pendingRuns) return true
      }
      return false
    },
  }
}
