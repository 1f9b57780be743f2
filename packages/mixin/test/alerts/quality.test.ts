import { matchers, writer } from './agent-series.ts'
import { alertPromises, type Promised } from '../engines/rule-promises.ts'

const bounds = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 3, 4, 5, 10, 100]
const labels = { ...writer, gen_ai_evaluation_name: 'faithfulness' }

/** A score of the same height every ten times for each part: `[scores, score]`. */
function scores(...parts: readonly (readonly [times: number, score: number])[]): Record<string, string> {
  let count = 0
  let sum = 0
  const counts: string[] = []
  const sums: string[] = []
  const buckets = bounds.map((): string[] => [])
  const below = bounds.map(() => 0)
  for (const [times, score] of parts) {
    counts.push(`${count}+1x${times - 1}`)
    sums.push(`${sum}+${score}x${times - 1}`)
    bounds.forEach((bound, index) => {
      const step = score <= bound ? 1 : 0
      buckets[index]!.push(`${below[index]}+${step}x${times - 1}`)
      below[index]! += step * times
    })
    count += times
    sum += score * times
  }
  const name = (part: string, more: Record<string, string> = {}): string =>
    `agent_evaluation_score_${part}${matchers({ ...labels, ...more })}`
  return {
    ...Object.fromEntries(bounds.map((bound, index) => [name('bucket', { le: String(bound) }), buckets[index]!.join(' ')])),
    [name('bucket', { le: '+Inf' })]: counts.join(' '),
    [name('count')]: counts.join(' '),
    [name('sum')]: sums.join(' '),
  }
}

const day = 24 * 6
const objective = { [`agent_evaluation_objective${matchers(labels)}`]: `0.8x${10 * day}` }
const slowly = { evaluationInterval: '30m' }

alertPromises(
  'AgentQualityLow',
  {
    'fires when the mean of a day is below the objective': {
      every: '10m',
      series: { ...objective, ...scores([day, 0.9], [day, 0.6]) },
      silentAt: ['24h', '32h'],
      firesAt: {
        '33h': {
          labels,
          summary: 'The score faithfulness of writer is 0.787, below its objective',
          description:
            'The mean score faithfulness of writer (workers) in the last day is 0.787 over 144 scored answers; the objective is 0.8.',
        },
      },
    },
    'is silent with few scores, and without an objective': {
      every: '10m',
      series: { ...objective, ...scores([15, 0.1]) },
      silentAt: ['14m', '1h'],
    },
  },
  slowly,
)

const before: Promised['series'] = scores([7 * day, 0.9], [2 * day, 0.7])
alertPromises(
  'AgentQualityDropped',
  {
    'fires when the scores of a day are lower than those of the week before': {
      every: '10m',
      series: before,
      silentAt: ['7d', '7d10h'],
      firesAt: {
        '7d12h': {
          labels,
          summary: 'The score faithfulness of writer dropped to 0.799',
          description:
            'The mean score faithfulness of writer (workers) in the last day is 0.799 over 144 scored answers; in the week before it was 0.9. Chance is an unlikely cause.',
        },
      },
    },
    'a small drop is silent, however sure it is': {
      every: '10m',
      series: scores([7 * day, 0.9], [day, 0.87]),
      silentAt: ['8d'],
    },
    'is silent without a week before': { every: '10m', series: scores([60, 0.9], [day, 0.5]), silentAt: ['1d'] },
  },
  slowly,
)
