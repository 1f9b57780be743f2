import type { ExecutionRecord } from '@swarmwatch/sdk'

import type { PageValues } from '../values/page-values.ts'
import { attemptsTable, errorInRow, message } from './attempts-table.ts'
import { count, duration, isoTime, timeOfDay, usd } from './figures.ts'
import { type Markup, markup } from './markup.ts'
import { variantOf } from './running-section.ts'
import { longest, shownText } from './shown-text.ts'

type Ending = 'success' | 'recovered' | 'failure' | 'cancelled'

const endings: Record<string, string> = {
  first_try: 'succeeded at the first attempt',
  recovered: 'recovered after failed attempts',
  exhausted: 'gave up: no attempts left',
  not_retryable: 'gave up: the error cannot get better',
  aborted: 'ended by its caller',
  rejected: 'turned away before it began',
}

/** Column heads; on a narrow screen, where they are hidden, the time has a word of its own. */
const heads = ['Outcome', 'Agent', 'Error', 'Attempts', 'Took', 'Ended']

/** What has finished, the last to end first; each opens to its attempts and errors. */
export function recentSection({ recent }: PageValues): Markup {
  return markup`<h2>Recent <span class="count">${count(recent.length)}</span></h2>
${
  recent.length === 0
    ? markup`<p class="note">Nothing has finished yet.</p>`
    : markup`<p class="heads" aria-hidden="true">${heads.map((head) => markup`<span>${head}</span>`)}</p>
<ol class="recent">${recent.map(run)}</ol>`
}`
}

function endingOf({ outcome, retryOutcome }: ExecutionRecord): Ending {
  if (outcome === 'failure' || outcome === 'cancelled') return outcome
  return retryOutcome === 'recovered' ? 'recovered' : 'success'
}

function run(record: ExecutionRecord): Markup {
  const { id, agentName, variant, attempts, durationSeconds, startedAt, endedAt = startedAt } = record
  const tries = attempts.at(-1)?.number ?? 0
  const ending = endingOf(record)
  return markup`<li id="run-${shownText(id, longest.name)}"><details><summary><span class="word ${ending}">${ending}</span> <span class="agent"><bdi>${shownText(agentName, longest.name)}</bdi>${variantOf(variant)}</span> <span class="error">${errorInRow(record)}</span> <span class="tries">${tries === 1 ? '1 attempt' : `${count(tries)} attempts`}</span> <span class="took">${duration(durationSeconds)}</span> <span class="ended"><span class="label">ended </span><time datetime="${isoTime(endedAt)}">${timeOfDay(endedAt)}</time></span></summary>
<div class="run">${told(record)}${attempts.length === 0 ? '' : attemptsTable(record)}</div></details></li>
`
}

function told(record: ExecutionRecord): Markup {
  const { id, traceId, startedAt, retryOutcome, errorMessage, inputTokens, outputTokens, costUsd, toolCalls } = record
  const used = [
    `${count(inputTokens)} tokens in`,
    `${count(outputTokens)} out`,
    usd(costUsd),
    toolCalls === 1 ? '1 tool call' : `${count(toolCalls)} tool calls`,
  ].join(', ')
  return markup`<p>${endings[retryOutcome ?? ''] ?? 'finished'}; ${used}</p>${message(errorMessage)}<p class="note">started <time datetime="${isoTime(startedAt)}">${timeOfDay(startedAt)}</time>, execution <code>${shownText(id, longest.name)}</code>${traceId === undefined ? '' : markup`, trace <code>${shownText(traceId, longest.name)}</code>`}</p>`
}
