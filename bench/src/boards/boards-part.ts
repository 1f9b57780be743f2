import { whyNoDocker } from '../docker.ts'
import type { Part } from '../part.ts'
import { asciiTable } from '../table.ts'
import { type BoardsResult, measureBoards } from './measure-boards.ts'

/** What the dashboards ask of Prometheus. */
export const boards: Part<BoardsResult> = {
  name: 'boards',
  cannotRun: ({ isShort }) => (isShort ? Promise.resolve('it takes minutes, which a short run has not') : whyNoDocker()),
  measure: () => measureBoards({ agents: 8 }),
  section({ agents, days, boards }) {
    const rows = boards.map(({ board, hours, refresh, queries, samples, milliseconds, slowest }) => [
      board,
      hours % 24 === 0 ? `${hours / 24} d` : `${hours} h`,
      refresh,
      `${queries.open} + ${queries.collapsed}`,
      thousands(samples.open),
      thousands(samples.all),
      milliseconds.open.toFixed(0),
      milliseconds.all.toFixed(0),
      `${slowest.panel} ${slowest.milliseconds.toFixed(0)}`,
    ])
    const header = ['board', 'range', 'refresh', 'queries', 'k samples', 'k, all rows', 'ms', 'ms, all rows', 'slowest panel, ms']
    return `## Dashboards

\`\`\`
${asciiTable(header, rows)}
\`\`\`

What one refresh of a board asks of a real Prometheus with ${agents} agents in two environments and ${days} days of history: queries of the open and of the
collapsed rows, samples that they read (in thousands), and the time of their evaluation by Prometheus itself, one after the other, the median of three.
Collapsed rows ask nothing until they are opened. The resolution is that of a graph of 600 pixels.
`
  },
}

function thousands(samples: number): string {
  return (samples / 1000).toFixed(0)
}
