import { thresholds } from '@swarmwatch/config'
import { healthWeights, type SystemHealth } from '@swarmwatch/sdk'

import { chartOf, figureMarkup, figureNamed } from './figures.ts'
import { duration, percent, points, score, span } from './format.ts'
import { type Markup, markup } from './markup.ts'
import type { PageValues } from './page-values.ts'

interface Part {
  readonly key: keyof SystemHealth['lost']
  readonly name: string
  readonly inSentence: string
  readonly now: string
  readonly from: string
  readonly weight: number
}

/** The section Health: the score, the points that each part took away, and the chart. */
export function healthSection(values: PageValues): Markup {
  const { health, history } = values
  const [units, tenths] = score(health.score).split('.') as [string, string]
  const condition = conditionOf(health.score)
  return markup`<h2>Health</h2>
<div class="score ${condition}">
<p class="reading">${figureMarkup(figureNamed('score'), values, markup`${units}<span class="tenths">.${tenths}</span>`)}<span class="of"> of 100</span></p>
<p class="condition"><span class="word ${condition}">${condition}</span></p>
</div>
${bar(health)}
<p class="reason">${reason(health)}</p>
<table class="parts"><caption>Points that each part took away</caption>
<thead><tr><th scope="col">Part</th><th scope="col" class="number">Now</th><th scope="col" class="number">Took</th><th scope="col" class="number">Of</th></tr></thead>
<tbody>${parts(health).map((part) => partRow(part, values))}</tbody></table>
${chartOf(figureNamed('score'), history)}`
}

function parts({ errorRate, p95Seconds, cpu, memory }: SystemHealth): Part[] {
  const { errorRate: rate, p95Seconds: slow, resources } = healthWeights
  const busiest = cpu >= memory ? 'CPU' : 'Memory'
  return [
    {
      key: 'errorRate',
      name: 'Error rate',
      inSentence: 'error rate',
      now: percent(errorRate),
      from: `from ${rate.from * 100} to ${rate.to * 100}\u00a0%`,
      weight: rate.points,
    },
    {
      key: 'p95',
      name: 'Slow runs (p95)',
      inSentence: 'response time (p95)',
      now: duration(p95Seconds),
      from: `from ${slow.from} to ${span(slow.to)}`,
      weight: slow.points,
    },
    {
      key: 'resources',
      name: busiest,
      inSentence: cpu >= memory ? 'CPU' : 'memory',
      now: percent(Math.max(cpu, memory)),
      from: `from ${resources.from * 100} to ${resources.to * 100}\u00a0%`,
      weight: resources.points,
    },
  ]
}

function partRow({ key, name, now, from, weight }: Part, values: PageValues): Markup {
  return markup`<tr${values.health.lost[key] >= 0.05 ? markup` class="notable"` : ''}><th scope="row"><span class="swatch ${key}" aria-hidden="true"></span>${name} <small>${from}</small></th><td class="number">${now}</td><td class="number">${figureMarkup(figureNamed(`lost.${key}`), values)}</td><td class="number">${weight}</td></tr>`
}

/** A bar of the remaining points and the points that each part took. */
function bar({ score: left, lost }: SystemHealth): Markup {
  const pieces = [
    ['left', left],
    ['errorRate', lost.errorRate],
    ['p95', lost.p95],
    ['resources', lost.resources],
  ] as const
  let at = 0
  const rectangles = pieces.map(([name, size]) => {
    const rectangle = markup`<rect class="${name}" x="${at.toFixed(2)}" y="0" width="${size.toFixed(2)}" height="8"/>`
    at += size
    return rectangle
  })
  return markup`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">${rectangles}</svg>`
}

function reason(health: SystemHealth): string {
  if (health.executions === 0) return 'No run has finished lately, so nothing is taken away.'
  const taken = parts(health)
    .filter(({ key }) => health.lost[key] >= 0.05)
    .toSorted((one, other) => health.lost[other.key] - health.lost[one.key])
  const [worst] = taken
  if (!worst) return 'Nothing is taken away.'
  return `${taken.length > 1 ? 'Mostly' : 'Only'} the ${worst.inSentence}: ${worst.now} takes ${points(health.lost[worst.key])} points.`
}

/** The condition of the swarm in one word; the alert on its health has the same limits. */
export type Condition = 'healthy' | 'degraded' | 'failing'

const { critical, warning } = thresholds.healthScore

/** The word for a score from 0 to 100. */
export function conditionOf(score: number): Condition {
  if (score >= warning.below) return 'healthy'
  return score >= critical.below ? 'degraded' : 'failing'
}
