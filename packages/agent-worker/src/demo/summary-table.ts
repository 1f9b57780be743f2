import type { ExecutionMetrics, Totals } from '@swarmwatch/sdk'

type Column = readonly [title: string, value: (totals: Readonly<Totals>) => string]

const columns: readonly Column[] = [
  ['executions', ({ executions }) => String(executions)],
  ['failures', ({ failures }) => String(failures)],
  ['retries', ({ retries }) => String(retries)],
  ['recovered', ({ recovered }) => String(recovered)],
  ['tokens in', ({ tokens }) => String(tokens.input)],
  ['tokens out', ({ tokens }) => String(tokens.output)],
  ['cost USD', ({ costUsd }) => costUsd.toFixed(4)],
]

/** The sums of all runs as an ASCII table: one row per agent, the last one for all together. */
export function summaryTable(metrics: ExecutionMetrics): string {
  const rows = [
    ['agent', ...columns.map(([title]) => title)],
    ...metrics.agents.map((agent) => [agent.agentName, ...columns.map(([, value]) => value(agent))]),
    ['all', ...columns.map(([, value]) => value(metrics))],
  ]
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => (row[column + 1] ?? '').length)))
  const nameWidth = Math.max(...rows.map((row) => (row[0] ?? '').length))
  const lines = rows.map(([name = '', ...cells]) =>
    [name.padEnd(nameWidth), ...cells.map((cell, column) => cell.padStart(widths[column] ?? 0))].join('  '),
  )
  const rule = '-'.repeat(lines[0]?.length ?? 0)
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join('\n')
}
