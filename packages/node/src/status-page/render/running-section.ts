import type { ExecutionRecord } from '@swarmwatch/sdk'

import { mostRows, type PageValues } from '../values/page-values.ts'
import { type Column, dataTable } from './data-table.ts'
import { count, isoTime, none, span, timeOfDay } from './figures.ts'
import { type Insertion, type Markup, markup } from './markup.ts'
import { longest, shownText } from './shown-text.ts'

/** What runs now, oldest first: attempt, and how long until the next one. */
export function runningSection({ running, atMs }: PageValues): Markup {
  const shown = running.slice(0, mostRows.running)
  const rest = running.length - shown.length
  return markup`<h2>Running <span class="count">${count(running.length)}</span></h2>
${
  running.length === 0
    ? markup`<p class="note">Nothing runs now.</p>`
    : markup`<div class="scroll runs" role="region" aria-label="Table of running executions" tabindex="0">${dataTable({
        caption: 'Running executions, oldest first',
        columns: columns(atMs),
        rows: shown,
        row: ({ id, state }) => ({ id: `now-${shownText(id, longest.name)}`, isNotable: state === 'waiting' }),
      })}</div>`
}
${rest > 0 ? markup`<p class="note">and ${count(rest)} more</p>` : ''}`
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
    { head: 'Attempt', cell: ({ attempts }) => count(attempts.length), isNumeric: true },
    { head: 'Next retry', cell: (record) => untilNext(record, atMs), isNumeric: true },
    { head: 'Last error', cell: lastError },
    { head: 'For', cell: ({ startedAt }) => span((atMs - startedAt) / 1000), isNumeric: true },
    {
      head: 'Since',
      cell: ({ startedAt }) => markup`<time datetime="${isoTime(startedAt)}">${timeOfDay(startedAt)}</time>`,
      isNumeric: true,
    },
  ]
}

/** The variant beside an agent's name, or nothing. */
export function variantOf(variant: string | undefined): Insertion {
  return variant === undefined ? '' : markup` <small>variant <bdi>${shownText(variant, longest.word)}</bdi></small>`
}

function untilNext({ state, nextAttemptAt }: ExecutionRecord, atMs: number): string {
  return state === 'waiting' && nextAttemptAt !== undefined ? `in ${span(Math.ceil((nextAttemptAt - atMs) / 1000))}` : none
}

function lastError({ attempts }: ExecutionRecord): string {
  const failed = attempts.findLast(({ errorType }) => errorType !== undefined)
  return failed?.errorType === undefined ? none : shownText(failed.errorType, longest.word)
}
