import type { Telemetry } from '@swarmwatch/node'
import type { ExecutionMetrics, SystemHealth, Totals } from '@swarmwatch/sdk'

import type { SwarmEnvironment } from '../swarm/index.ts'

/** Facts of the demo that its first lines show. */
export interface DemoFacts {
  readonly settingsFile: string
  readonly healthWindowSeconds: number
  readonly isModelReal: boolean
}

/** Returns the first lines of the demo: its settings and its addresses. */
export function introduction(
  { metricsUrl, pageUrl, configuration }: Pick<Telemetry, 'metricsUrl' | 'pageUrl' | 'configuration'>,
  { dependencies, modelName, modelUrl, backlogUrl }: SwarmEnvironment,
  { settingsFile, healthWindowSeconds, isModelReal }: DemoFacts,
): string[] {
  const isOverridden = Object.entries(configuration.origins).some(
    ([path, origin]) => path.startsWith('recovery.') && origin.startsWith('environment'),
  )
  return [
    'Swarmwatch demo: three agents work on real files, fail and recover. Open the page to watch them.',
    '',
    `Settings  ${settingsFile}${isOverridden ? ' and the environment' : ''}: ${waits(configuration.recovery)} (production: 5, 15, 30 s)`,
    `          health covers the last ${healthWindowSeconds} s (production: 300 s); alerts fire after seconds (production: minutes)`,
    `Page      ${pageUrl ?? 'off'}`,
    `Metrics   ${metricsUrl ?? 'off'}`,
    isModelReal
      ? `Model     ${modelName} at ${new URL(modelUrl).host}`
      : `Model     ${modelUrl} (scripted, fails on purpose; set OPENAI_API_KEY to use a real model)`,
    `Backlog   ${backlogUrl}/items`,
    `Files     ${dependencies.workspace.root} (removed at the end)`,
    '',
    'Press Ctrl-C to stop the demo and see a summary.',
    '',
  ]
}

type Recovery = Telemetry['configuration']['recovery']

const maxWaitsShown = 5

function waits({ maxRetries, baseDelaySeconds, exponentialFactor, maxDelaySeconds }: Recovery): string {
  if (maxRetries === 0) return 'no retries'
  const shown = Array.from({ length: Math.min(maxRetries, maxWaitsShown) }, (_, retry) =>
    String(Math.min(baseDelaySeconds * exponentialFactor ** retry, maxDelaySeconds)),
  )
  return `retries after ${[...shown, ...(maxRetries > maxWaitsShown ? ['...'] : [])].join(', ')} s`
}

/** `[STATUS] health 93, 21 runs, 2 failed, 5 recovered, 14 retries, 3 active` */
export function statusLine({ score, activeExecutions }: SystemHealth, metrics: ExecutionMetrics): string {
  const { executions, failures, retries, recovered } = metrics
  const parts = [
    `${executions} runs`,
    `${failures} failed`,
    `${recovered} recovered`,
    `${retries} retries`,
    `${activeExecutions} active`,
  ]
  return `[STATUS] health ${Math.round(score)}, ${parts.join(', ')}`
}

type Column = readonly [title: string, value: (totals: Readonly<Totals>) => string]

const columns: readonly Column[] = [
  ['runs', ({ executions }) => String(executions)],
  ['failed', ({ failures }) => String(failures)],
  ['retries', ({ retries }) => String(retries)],
  ['recovered', ({ recovered }) => String(recovered)],
  ['tokens in', ({ tokens }) => String(tokens.input)],
  ['tokens out', ({ tokens }) => String(tokens.output)],
  ['cost USD', ({ costUsd }) => costUsd.toFixed(4)],
]

/** Formats the totals of all runs as an ASCII table: one row for each agent, and a last row for all agents. */
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
