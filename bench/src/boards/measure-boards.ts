import { type BoardQuery, type Cost, fleetNames, openCrowd, queriesOfBoards } from '@swarmwatch/mixin/engines'

/** What a refresh of a board asks of Prometheus. */
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
export async function measureBoards({ agents }: { readonly agents: number }): Promise<BoardsResult> {
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
