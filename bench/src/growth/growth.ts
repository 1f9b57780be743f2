import { startProgram } from '../own-process.ts'
import type { Part } from '../part.ts'
import { median, type Spread, spreadOf } from '../statistics.ts'
import { asciiTable, middleHalf } from '../table.ts'
import type { GrowthAnswer, GrowthQuestion } from './growth-program.ts'
import { type SwarmSize, type Way, ways } from './swarm.ts'

/** How the cost of a run grows with the swarm. */
export const growth: Part<GrowthResult> = {
  name: 'growth',
  measure({ isShort }) {
    return measureGrowth(isShort ? { rounds: 5, runsPerRound: 1_000 } : { rounds: 31, runsPerRound: 2_000 })
  },
  section({ rounds, rows }) {
    const cells = rows.map(({ agents, toolsPerRun, attempts, spansPerRun, microseconds, ratio }) => [
      String(agents),
      String(toolsPerRun),
      String(attempts),
      String(spansPerRun),
      ...(['bare', 'by hand', 'swarmwatch'] as const).map((way) => microseconds[way].toFixed(2)),
      ratio.median.toFixed(2),
      middleHalf(ratio, 2),
    ])
    const header = ['agents', 'tools', 'attempts', 'spans', 'bare us', 'by hand us', 'swarmwatch us', 'x by hand', 'middle half']
    return `## More agents, tools and attempts

\`\`\`
${asciiTable(header, cells)}
\`\`\`

Microseconds a run, 200 of them at once, ${rounds} rounds. Each agent calls its tools one after the other; all attempts but the last fail, and nothing is waited for between them.
By hand a failed attempt sets its span's status; ours also determines the error's type, applies the retry rules, counts the retry, records the wait
and keeps the error for the next attempt and for \`recoveryOf\`.
`
  },
}

export interface GrowthResult {
  readonly rounds: number
  readonly rows: readonly GrowthRow[]
}

export interface GrowthRow extends SwarmSize {
  readonly spansPerRun: number
  /** Median microseconds of a run. */
  readonly microseconds: Readonly<Record<Way, number>>
  /** Time with us divided by time by hand, round by round. */
  readonly ratio: Spread
}

const one: SwarmSize = { agents: 1, toolsPerRun: 0, attempts: 1 }
const sizes: readonly SwarmSize[] = [
  one,
  { ...one, agents: 10 },
  { ...one, agents: 100 },
  { ...one, toolsPerRun: 1 },
  { ...one, toolsPerRun: 10 },
  { ...one, attempts: 2 },
  { ...one, attempts: 4 },
]

const unmeasuredRounds = 2

/** Measures a run with more agents, more tools in a run, and more attempts; each size in a process of its own. */
async function measureGrowth({ rounds, runsPerRound }: { rounds: number; runsPerRound: number }): Promise<GrowthResult> {
  const rows: GrowthRow[] = []
  for (const size of sizes) rows.push(await measure(size, rounds, runsPerRound))
  return { rounds, rows }
}

async function measure(size: SwarmSize, rounds: number, runs: number): Promise<GrowthRow> {
  const times: Record<Way, number[]> = { bare: [], 'by hand': [], swarmwatch: [] }
  let spansPerRun = 0
  const running = startProgram(new URL('growth-program.ts', import.meta.url), [JSON.stringify(size)])
  try {
    for (let round = -unmeasuredRounds; round < rounds; round += 1) {
      for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
        const question: GrowthQuestion = { way, runs }
        const answer = await running.ask<GrowthAnswer>(question)
        if (round >= 0) times[way].push(answer.microsecondsPerRun)
        if (way === 'swarmwatch') spansPerRun = answer.spansPerRun
      }
    }
  } finally {
    await running.end()
  }
  return {
    ...size,
    spansPerRun,
    microseconds: { bare: median(times.bare), 'by hand': median(times['by hand']), swarmwatch: median(times.swarmwatch) },
    ratio: spreadOf(times.swarmwatch.map((time, round) => time / times['by hand'][round]!)),
  }
}
