import { fixedRandom } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { ruleThresholds } from '../src/rule-thresholds.ts'

const { leastDrop, leastScores, leastScoresBefore, significantZ } = ruleThresholds.quality
const hours = 24
const weekHours = 7 * hours
const bounds = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

type Score = (mean: number, random: () => number) => number
const kinds: Readonly<Record<'0 or 1' | 'graded', Score>> = {
  '0 or 1': (mean, random) => (random() < mean ? 1 : 0),
  // The sum of 12 uniform numbers is close to a normal one
  graded: (mean, random) =>
    Math.min(1, Math.max(0, mean + 0.15 * (Array.from({ length: 12 }, random).reduce((sum, each) => sum + each) - 6))),
}

interface Scenario {
  readonly kind: keyof typeof kinds
  readonly scoresPerDay: number
  /** Share by which the mean drops after eight days. */
  readonly drop: number
  readonly days: number
}

/** Share of the agents for which the rule fires at one of its hourly looks in the days after the first eight. */
function firingShare({ kind, scoresPerDay, drop, days }: Scenario, agents: number): number {
  const random = fixedRandom(17)
  let fired = 0
  for (let agent = 0; agent < agents; agent += 1) {
    const mean = 0.5 + 0.4 * random()
    const first = weekHours + hours
    const sums = [0]
    const counts = [0]
    let highest = 0
    for (let hour = 0; hour < first + days * hours; hour += 1) {
      let [count, sum] = [0, 0]
      for (let slot = 0; slot < scoresPerDay / 12; slot += 1) {
        if (random() >= 0.5) continue
        const score = kinds[kind](hour < first ? mean : mean * (1 - drop), random)
        count += 1
        sum += score
        highest = Math.max(highest, score)
      }
      counts.push(counts.at(-1)! + count)
      sums.push(sums.at(-1)! + sum)
    }
    const bound = bounds.find((each) => each >= highest - 1e-9) ?? 1
    const isFiring = (at: number): boolean => {
      const [dayCount, daySum] = [counts, sums].map((each) => each[at]! - each[at - hours]!) as [number, number]
      const [weekCount, weekSum] = [counts, sums].map((each) => each[at - hours]! - each[at - hours - weekHours]!) as [
        number,
        number,
      ]
      if (dayCount < leastScores || weekCount < leastScoresBefore) return false
      const [now, before] = [daySum / dayCount, weekSum / weekCount]
      const variance = (before * (bound - before)) / weekCount + (now * (bound - now)) / dayCount
      return now < (1 - leastDrop) * before && (before - now) / Math.sqrt(variance) > significantZ
    }
    if (Array.from({ length: days * hours }, (_, hour) => first + hour + 1).some(isFiring)) fired += 1
  }
  return fired / agents
}

test.each([
  { kind: '0 or 1', scoresPerDay: 48 },
  { kind: '0 or 1', scoresPerDay: 240 },
  { kind: 'graded', scoresPerDay: 48 },
] as const)('AgentQualityDropped fires by chance in fewer than 1 % of the weeks: $scoresPerDay scores a day, $kind', (of) => {
  expect(firingShare({ ...of, drop: 0, days: 7 }, 1_000)).toBeLessThan(0.01)
})

test.each([
  { kind: '0 or 1', scoresPerDay: 1_008, drop: 0.1, atLeast: 0.8 },
  { kind: 'graded', scoresPerDay: 1_008, drop: 0.1, atLeast: 0.4 },
  { kind: 'graded', scoresPerDay: 1_008, drop: 0.2, atLeast: 0.95 },
  { kind: '0 or 1', scoresPerDay: 96, drop: 0.2, atLeast: 0.3 },
] as const)(
  'AgentQualityDropped finds a drop by $drop within three days: $scoresPerDay scores a day, $kind, at least $atLeast',
  ({ atLeast, ...of }) => {
    expect(firingShare({ ...of, days: 3 }, 100)).toBeGreaterThanOrEqual(atLeast)
  },
)
