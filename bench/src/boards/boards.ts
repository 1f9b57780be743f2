import { type BoardQuery, type Cost, fleetNames, openCrowd, queriesOfBoards } from '@swarmwatch/mixin/engines'

import { type Part, whyNoDocker } from '../part.ts'
import { asciiTable } from '../table.ts'

/** The benchmark of the dashboards' queries to Prometheus. */
export const boards: Part<BoardsResult> = {
  name: 'boards',
  cannotRun: ({ isShort }) => (isShort ? Promise.resolve('it takes minutes, too long for a short run') : whyNoDocker()),
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

One refresh of a board on a real Prometheus with ${agents} agents in two environments and ${days} days of history: the queries of the open and of the
collapsed rows, the samples that they read (in thousands), and Prometheus's own evaluation time, one query after the other, median of three.
Collapsed rows send no queries until they are opened. The resolution is that of a graph of 600 pixels.
`
  },
}

function thousands(samples: number): string {
  return (samples / 1000).toFixed(0)
}

/** The queries of one refresh of a board, and their cost to Prometheus. */
export interface BoardCost {
  readonly board: string
  readonly hours: number
  readonly refresh: string
  /** Queries of the rows that are open, and of the collapsed ones. */
  readonly queries: { readonly open: number; readonly collapsed: number }
  /** Samples that Prometheus read, and milliseconds of its evaluation, of the open rows and of all. */
  readonly samples: { readonly open: number; readonly all: number }
  readonly milliseconds: { readonly open: number; readonly all: number }
  /** The most expensive panel. */
  readonly slowest: { readonly panel: string; readonly milliseconds: number }
}

export interface BoardsResult {
  readonly agents: number
  readonly days: number
  readonly boards: readonly BoardCost[]
}

/** Asks every query of every board as Grafana does when the board is opened with its own range; the median of three times. */
async function measureBoards({ agents }: { readonly agents: number }): Promise<BoardsResult> {
  const crowd = await openCrowd(agents)
  try {
    const boards: BoardCost[] = []
    for (const { title, hours, refresh, queries } of queriesOfBoards()) {
      const asked: (BoardQuery & Cost)[] = []
      for (const query of queries) {
        const times = [await crowd.ask(query, hours), await crowd.ask(query, hours), await crowd.ask(query, hours)]
        const [, median] = times.toSorted((one, other) => one.milliseconds - other.milliseconds)
        asked.push({ ...query, ...median! })
      }
      const sum = (of: 'samples' | 'milliseconds', from: typeof asked): number =>
        from.reduce((total, each) => total + each[of], 0)
      const open = asked.filter(({ isCollapsed }) => !isCollapsed)
      const byPanel = [...Map.groupBy(asked, ({ panel }) => panel)].map(([panel, each]) => ({
        panel,
        milliseconds: sum('milliseconds', each),
      }))
      boards.push({
        board: title,
        hours,
        refresh,
        queries: { open: open.length, collapsed: asked.length - open.length },
        samples: { open: sum('samples', open), all: sum('samples', asked) },
        milliseconds: { open: sum('milliseconds', open), all: sum('milliseconds', asked) },
        slowest: byPanel.toSorted((one, other) => other.milliseconds - one.milliseconds)[0]!,
      })
    }
    return { agents: agents * fleetNames.length, days: 8, boards }
  } finally {
    await crowd.close()
  }
}
