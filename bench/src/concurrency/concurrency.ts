import { type Way, ways } from '../growth/swarm.ts'
import { startProgram } from '../own-process.ts'
import type { Part } from '../part.ts'
import { median, type Spread, spreadOf } from '../statistics.ts'
import { asciiTable, middleHalf } from '../table.ts'
import type { ConcurrencyQuestion } from './concurrency-program.ts'

/** The benchmark of a run while others are in progress. */
export const concurrency: Part<ConcurrencyResult> = {
  name: 'concurrency',
  measure({ isShort }) {
    return measureConcurrency(isShort ? { rounds: 5, runsPerRound: 10_000 } : { rounds: 31, runsPerRound: 20_000 })
  },
  ratios({ rows }) {
    return rows.map(({ concurrent, ratio }) => ({
      what: `a run next to ${concurrent - 1} others against the same by hand`,
      value: ratio.median,
      goal: { atMost: 1.15 },
    }))
  },
  section({ rounds, rows }) {
    const cells = rows.map(({ concurrent, microseconds, bytes, ratio }) => [
      String(concurrent),
      ...(['bare', 'by hand', 'swarmwatch'] as const).map((way) => microseconds[way].toFixed(2)),
      ratio.median.toFixed(2),
      middleHalf(ratio, 2),
      ...(['by hand', 'swarmwatch'] as const).map((way) => bytes?.[way].toFixed(0) ?? '-'),
    ])
    const header = [
      'runs at once',
      'bare us',
      'by hand us',
      'swarmwatch us',
      'x by hand',
      'middle half',
      'by hand bytes',
      'swarmwatch bytes',
    ]
    return `## Runs at once

\`\`\`
${asciiTable(header, cells)}
\`\`\`

Runs of one agent that are all in progress before the first may end, ${rounds} rounds; microseconds a run, from the start of all to the end of all. "Bytes" is
the heap that a run holds while it is in progress.
`
  },
}

export interface ConcurrencyResult {
  readonly rounds: number
  readonly rows: readonly ConcurrencyRow[]
}

export interface ConcurrencyRow {
  readonly concurrent: number
  /** Median microseconds of a run. */
  readonly microseconds: Readonly<Record<Way, number>>
  /** Median heap that a run holds while it is in progress; of a single run it cannot be measured. */
  readonly bytes?: Readonly<Record<Way, number>>
  /** Time with us divided by time by hand, round by round. */
  readonly ratio: Spread
}

const unmeasuredRounds = 2

/** One agent with 1, 100 and 10,000 runs in progress at the same time: what a run costs and holds; each way in a process of its own. */
async function measureConcurrency(size: { rounds: number; runsPerRound: number }): Promise<ConcurrencyResult> {
  const rows: ConcurrencyRow[] = []
  for (const concurrent of [1, 100, 10_000]) rows.push(await measure(concurrent, size))
  return { rounds: size.rounds, rows }
}

async function measure(concurrent: number, size: { rounds: number; runsPerRound: number }): Promise<ConcurrencyRow> {
  const program = new URL('concurrency-program.ts', import.meta.url)
  const entries = ways.map((way) => ({
    way,
    running: startProgram(program, [way, String(concurrent)]),
    times: [] as number[],
    bytes: [] as number[],
  }))
  const ask = (entry: (typeof entries)[number], question: ConcurrencyQuestion) => entry.running.ask<number>(question)
  try {
    for (let round = -unmeasuredRounds; round < size.rounds; round += 1) {
      for (const entry of round % 2 === 0 ? entries : entries.toReversed()) {
        const time = await ask(entry, { runs: size.runsPerRound })
        if (round >= 0) entry.times.push(time)
      }
    }
    for (const entry of entries) {
      // The first time also pays for what stays
      for (let at = 0; at < 4; at += 1) entry.bytes.push(await ask(entry, 'bytes of an active run'))
    }
  } finally {
    await Promise.all(entries.map(({ running }) => running.end()))
  }
  const of = (way: Way) => entries.find((entry) => entry.way === way)!
  const each = (value: (entry: (typeof entries)[number]) => number): Record<Way, number> => ({
    bare: value(of('bare')),
    'by hand': value(of('by hand')),
    swarmwatch: value(of('swarmwatch')),
  })
  return {
    concurrent,
    microseconds: each(({ times }) => median(times)),
    ...(concurrent > 1 && { bytes: each(({ bytes }) => median(bytes.slice(1))) }),
    ratio: spreadOf(of('swarmwatch').times.map((time, round) => time / of('by hand').times[round]!)),
  }
}
