import type { Part } from '../part.ts'
import { asciiTable, middleHalf } from '../table.ts'
import { measureConcurrency, type ConcurrencyResult } from './measure-concurrency.ts'

/** What a run costs while others are under way. */
export const concurrency: Part<ConcurrencyResult> = {
  name: 'concurrency',
  measure({ isShort }) {
    return measureConcurrency(isShort ? { rounds: 5, runsPerRound: 10_000 } : { rounds: 31, runsPerRound: 20_000 })
  },
  ratios({ rows }) {
    return rows.map(({ concurrent, ratio }) => ({
      what: `a run beside ${concurrent - 1} others against the same by hand`,
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

Runs of one agent that are all under way before the first may end, ${rounds} rounds; microseconds a run, from the start of all to the end of all. "Bytes" is
the heap that a run holds while it is under way.
`
  },
}
