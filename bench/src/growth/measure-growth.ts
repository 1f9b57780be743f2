import { startProgram } from '../own-process.ts'
import { median, spreadOf, type Spread } from '../statistics.ts'
import type { GrowthAnswer, GrowthQuestion } from './growth-program.ts'
import { ways, type SwarmSize, type Way } from './swarm.ts'

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

/** What a run costs as there are more agents, more tools in a run, and more attempts; each size in a process of its own. */
export async function measureGrowth({ rounds, runsPerRound }: { rounds: number; runsPerRound: number }): Promise<GrowthResult> {
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
