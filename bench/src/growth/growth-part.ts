import type { Part } from '../part.ts'
import { asciiTable, middleHalf } from '../table.ts'
import { measureGrowth, type GrowthResult } from './measure-growth.ts'

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
By hand a failed attempt sets its span's status; ours also finds the error's type, asks the retry rules, counts the retry, records what was waited
and keeps the error for the next attempt and for \`recoveryOf\`.
`
  },
}
