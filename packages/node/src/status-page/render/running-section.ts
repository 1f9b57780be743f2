import type { ExecutionRecord } from '@swarmwatch/sdk'

import type { PageValues } from '../values/page-values.ts'
import { errorInRow } from './attempts-table.ts'
import { type Column, dataTable } from './data-table.ts'
import { count, isoTime, none, span, timeOfDay } from './figures.ts'
import { type Insertion, type Markup, markup } from './markup.ts'
import { longest, shownText } from './shown-text.ts'

/** What runs now, oldest first: attempt, and how long until the next one. */
export function runningSection({ running, health, atMs }: PageValues): Markup {
  const rest = health.activeExecutions - running.length
  return markup`<h2>Running <span class="count">${count(health.activeExecutions)}</span></h2>
${
  running.length === 0
    ? markup`<p class="note">Nothing runs now.</p>`
    : markup`<div class="scroll runs" role="region" aria-label="Table of running executions" tabindex="0">${dataTable({
        caption: 'Running executions, oldest first',
        columns: columns(atMs),
        rows: running,
        row: ({ id, state }) => ({ id: `now-${shownText(id, longest.name)}`, isNotable: state === 'waiting' }),
      })}</div>`
}
${rest > 0 ? markup`<p class="note">and ${count(rest)} more, which started later</p>` : ''}`
}

function columns(atMs: number): readonly Column<ExecutionRecord>[] {
  return [
    {
      head: 'Agent',
      cell: ({ agentName, variant }) => markup`<bdi>${shownText(agentName, longest.name)}</bdi>${variantOf(variant)}`,
    },
    {
      head: 'State',
      cell: ({ state }) =>
        markup`<span class="word ${state === 'waiting' ? 'waiting' : 'running'}">${state === 'waiting' ? 'waiting' : 'running'}</span>`,
    },
    { head: 'Attempt', cell: ({ attempts }) => count(attempts.at(-1)?.number ?? 0), isNumeric: true },
    { head: 'Next retry', cell: (record) => untilNext(record, atMs), isNumeric: true },
    { head: 'Last error', cell: lastError, isWide: true },
    { head: 'For', cell: ({ startedAt }) => span((atMs - startedAt) / 1000), isNumeric: true },
    {
      head: 'Since',
      cell: ({ startedAt }) => markup`<time datetime="${isoTime(startedAt)}">${timeOfDay(startedAt)}</time>`,
      isNumeric: true,
    },
    { head: 'Trace', cell: ({ traceId }) => traceOf(traceId) },
  ]
}

/** The variant beside an agent's name, or nothing. */
export function variantOf(variant: string | undefined): Insertion {
  return variant === undefined ? '' : markup` <small>variant <bdi>${shownText(variant, longest.word)}</bdi></small>`
}

/** A trace id, to be searched for in Jaeger. A narrow cell shows its beginning; selecting it copies the whole id. */
function traceOf(traceId: string | undefined): Insertion {
  return traceId === undefined ? none : markup`<code class="trace">${shownText(traceId, longest.name)}</code>`
}

function untilNext({ state, nextAttemptAt }: ExecutionRecord, atMs: number): string {
  return state === 'waiting' && nextAttemptAt !== undefined ? `in ${span(Math.ceil((nextAttemptAt - atMs) / 1000))}` : none
}

function lastError({ attempts }: ExecutionRecord): Insertion {
  const failed = attempts.findLast(({ errorType }) => errorType !== undefined)
  return failed === undefined ? none : markup`<span class="error">${errorInRow(failed)}</span>`
}
