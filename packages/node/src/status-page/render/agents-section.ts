import type { AgentMetrics } from '@swarmwatch/sdk'

import { mostRows, type PageValues } from '../values/page-values.ts'
import { type Column, dataTable } from './data-table.ts'
import { count, duration, percent, usd } from './figures.ts'
import { type Markup, markup } from './markup.ts'
import { longest, shownText } from './shown-text.ts'

const columns: readonly Column<AgentMetrics>[] = [
  { head: 'Agent', cell: ({ agentName }) => markup`<bdi>${shownText(agentName, longest.name)}</bdi>` },
  { head: 'Success', cell: ({ successRate }) => percent(successRate), isNumeric: true },
  { head: 'Executions', cell: ({ executions }) => count(executions), isNumeric: true },
  { head: 'Failures', cell: ({ failures }) => count(failures), isNumeric: true },
  { head: 'Retries', cell: ({ retries }) => count(retries), isNumeric: true },
  { head: 'Active', cell: ({ active }) => count(active), isNumeric: true },
  { head: 'p95', cell: ({ p95Seconds }) => duration(p95Seconds), isNumeric: true },
  { head: 'Tokens', cell: ({ tokens }) => count(tokens.input + tokens.output), isNumeric: true },
  { head: 'Cost', cell: ({ costUsd }) => usd(costUsd), isNumeric: true },
]

/** One row for each agent, by name. */
export function agentsSection({ agents, totals }: PageValues): Markup {
  const shown = agents.slice(0, mostRows.agents)
  const rest = agents.length - shown.length
  return markup`<h2>Agents <span class="count">${count(agents.length)}</span></h2>
${
  agents.length === 0
    ? markup`<p class="note">None has run yet.</p>`
    : markup`<p class="note">Since the start ${count(totals.executions)} executions, ${count(totals.failures)} failed, ${count(totals.recovered)} recovered by ${count(totals.retries)} retries, ${count(totals.cancelled)} cancelled; ${count(totals.tokens.input + totals.tokens.output)} tokens, ${usd(totals.costUsd)}. Success and p95 are of the last minutes.</p>
<div class="scroll agents" role="region" aria-label="Table of agents" tabindex="0">${dataTable({
        caption: 'Agents of this process',
        columns,
        rows: shown,
        row: ({ successRate = 1 }) => ({ isNotable: successRate < 0.8 }),
      })}</div>`
}
${rest > 0 ? markup`<p class="note">and ${count(rest)} more: /api/agents</p>` : ''}`
}
