import { traceUrl } from '@swarmwatch/config'
import type { AttemptRecord, ExecutionRecord } from '@swarmwatch/sdk'
import { shownErrorType } from '@swarmwatch/sdk/names'

import { cost, count, duration, isoTime, maxLength, none, shownText, span, timeOfDay, usd } from './format.ts'
import { type Column, dataTable, type Insertion, type Markup, markup } from './markup.ts'
import type { PageValues, RunningExecution } from './page-values.ts'

/**
 * The section of running executions, oldest first, with the attempt and the time until the next
 * one.
 */
export function runningSection({ running, health, atMs, traceLink }: PageValues): Markup {
  const rest = health.activeExecutions - running.length
  return markup`<h2>Running <span class="count">${count(health.activeExecutions)}</span></h2>
${
  running.length === 0
    ? markup`<p class="note">No agent is running.</p>`
    : markup`<div class="scroll runs" role="region" aria-label="Table of running executions" tabindex="0">${dataTable({
        caption: 'Running executions, oldest first',
        columns: runColumns(atMs, traceLink),
        rows: running,
        row: (record) => ({ id: `now-${shownText(record.id, maxLength.name)}`, isNotable: stateOf(record) !== 'running' }),
      })}</div>`
}
${rest > 0 ? markup`<p class="note">and ${count(rest)} more, which started later</p>` : ''}`
}

function stateOf({ state, paused, isStuck }: RunningExecution): 'running' | 'waiting' | 'paused' | 'stuck' {
  if (paused) return 'paused'
  return isStuck ? 'stuck' : state === 'waiting' ? 'waiting' : 'running'
}

function runColumns(atMs: number, traceLink: string | undefined): readonly Column<RunningExecution>[] {
  return [
    {
      head: 'Agent',
      cell: ({ agentName, variant }) => markup`<bdi>${shownText(agentName, maxLength.name)}</bdi>${variantOf(variant)}`,
    },
    {
      head: 'State',
      cell: (record) => markup`<span class="word ${stateOf(record)}">${stateOf(record)}</span>`,
    },
    { head: 'Attempt', cell: ({ attempts }) => count(attempts.at(-1)?.number ?? 0), isNumeric: true },
    { head: 'Next retry', cell: (record) => untilNext(record, atMs), isNumeric: true },
    { head: 'Last progress', cell: (record) => lastProgressOf(record, atMs), isWide: true },
    { head: 'Last error', cell: lastError, isWide: true },
    { head: 'Model', cell: modelsOf },
    { head: 'Cost', cell: (record) => cost(record), isNumeric: true },
    { head: 'Budget left', cell: (record) => budgetLeft(record, atMs), isNumeric: true },
    { head: 'For', cell: ({ startedAt }) => span((atMs - startedAt) / 1000), isNumeric: true },
    {
      head: 'Since',
      cell: ({ startedAt }) => markup`<time datetime="${isoTime(startedAt)}">${timeOfDay(startedAt)}</time>`,
      isNumeric: true,
    },
    { head: 'Trace', cell: ({ traceId }) => traceOf(traceId, traceLink) },
  ]
}

/** The last progress and its age, or the reason and the age of a pause. */
function lastProgressOf({ paused, lastProgress, lastProgressAt }: RunningExecution, atMs: number): Insertion {
  const ago = (sinceMs: number): string => `${span(Math.max(0, atMs - sinceMs) / 1000)} ago`
  const [text, sinceMs] = paused ? [paused.reason, paused.since] : [lastProgress ?? 'run started', lastProgressAt]
  return markup`${paused ? 'paused ' : ''}${ago(sinceMs)}: <bdi>${shownText(text, maxLength.name)}</bdi>`
}

const budgetWords = { usd: '', tokens: 'tokens', modelCalls: 'model calls', toolCalls: 'tool calls', seconds: '' } as const
type BudgetKey = keyof typeof budgetWords
interface LimitUse {
  readonly key: BudgetKey
  readonly limit: number
  readonly used: number
}

/** The limits of a run with their use at a moment, the one that is used most first. */
function limitsOf({ budget, startedAt }: ExecutionRecord, atMs: number): readonly LimitUse[] {
  if (budget === undefined) return []
  const used = { ...budget.used, seconds: Math.max(0, atMs - startedAt) / 1000 }
  const limits = (Object.keys(budgetWords) as BudgetKey[]).flatMap((key) => {
    const limit = budget.limits[key]
    return limit === undefined ? [] : [{ key, limit, used: used[key] }]
  })
  const share = ({ used, limit }: LimitUse): number => (limit > 0 ? used / limit : 1)
  return limits.toSorted((one, other) => share(other) - share(one))
}

/** The rest of the limit that a run has used most. */
function budgetLeft(record: ExecutionRecord, atMs: number): string {
  const [most] = limitsOf(record, atMs)
  if (most === undefined) return none
  const { key, limit, used } = most
  return `${amount(key, Math.max(0, limit - used))} of ${amount(key, limit)} ${budgetWords[key]}`.trimEnd()
}

/** The use of every limit of a finished run, or nothing. */
function budgetOf(record: ExecutionRecord): Insertion {
  const limits = limitsOf(record, record.endedAt ?? record.startedAt)
  if (limits.length === 0) return ''
  const parts = limits.map(({ key, limit, used }) =>
    `${amount(key, used)} of ${amount(key, limit)} ${budgetWords[key]}`.trimEnd(),
  )
  return markup`<p>budget used: ${parts.join(', ')}</p>`
}

function amount(key: BudgetKey, value: number): string {
  if (key === 'usd') return usd(value)
  return key === 'seconds' ? span(Math.floor(value)) : count(value)
}

/** The variant after the name of an agent, or nothing. */
function variantOf(variant: string | undefined): Insertion {
  return variant === undefined ? '' : markup` <small>variant <bdi>${shownText(variant, maxLength.word)}</bdi></small>`
}

/**
 * A trace id for a search in Jaeger. A narrow cell shows its beginning; selecting it copies the
 * whole id.
 */
function traceOf(traceId: string | undefined, link: string | undefined): Insertion {
  return traceId === undefined
    ? none
    : linked(markup`<code class="trace">${shownText(traceId, maxLength.name)}</code>`, traceId, link)
}

/** A link to a trace in a tab of its own; without an address of traces, the text alone. */
function linked(text: Markup, traceId: string, link: string | undefined): Markup {
  const url = traceUrl(link, traceId)
  return url === undefined ? text : markup`<a href="${url}" target="_blank" rel="noreferrer">${text}</a>`
}

/** The model of a run, or the first of several and their number. */
function modelsOf({ models: [first, ...others] }: ExecutionRecord): Insertion {
  if (first === undefined) return none
  const rest = others.length === 0 ? '' : markup` <small>and ${count(others.length)} more</small>`
  return markup`<bdi>${shownText(first, maxLength.word)}</bdi>${rest}`
}

function untilNext({ state, nextAttemptAt }: ExecutionRecord, atMs: number): string {
  return state === 'waiting' && nextAttemptAt !== undefined ? `in ${span(Math.ceil((nextAttemptAt - atMs) / 1000))}` : none
}

function lastError({ attempts }: ExecutionRecord): Insertion {
  const failed = attempts.findLast(({ errorType }) => errorType !== undefined)
  return failed === undefined ? none : markup`<span class="error">${errorInRow(failed)}</span>`
}

/** Words for the end of a run, in the order of the filter. */
export const endingNames = ['success', 'recovered', 'failure', 'cancelled', 'queued'] as const
type Ending = (typeof endingNames)[number]

const endings: Record<string, string> = {
  first_try: 'succeeded at the first attempt',
  recovered: 'recovered after failed attempts',
  exhausted: 'gave up: no attempts left',
  not_retryable: 'gave up: a retry cannot fix the error',
  aborted: 'ended by its caller',
  rejected: 'rejected before it began',
  continued: 'its attempt failed; a queue decides on the next one',
}

/** Column heads; on a narrow screen, where they are hidden, the time has a label of its own. */
const heads = ['Outcome', 'Agent', 'Error', 'Attempts', 'Took', 'Ended']

/** The section of finished executions, newest first; each opens to its attempts and errors. */
export function recentSection({ recent, traceLink }: PageValues): Markup {
  return markup`<h2>Recent <span class="count">${count(recent.length)}</span></h2>
${
  recent.length === 0
    ? markup`<p class="note">No run has finished yet.</p>`
    : markup`<p class="heads" aria-hidden="true">${heads.map((head) => markup`<span>${head}</span>`)}</p>
<ol class="recent">${recent.map((record) => run(record, traceLink))}</ol>`
}`
}

function endingOf({ state, outcome, retryOutcome }: ExecutionRecord): Ending {
  if (state === 'queued') return 'queued'
  if (outcome === 'failure' || outcome === 'cancelled') return outcome
  return retryOutcome === 'recovered' ? 'recovered' : 'success'
}

function run(record: ExecutionRecord, traceLink: string | undefined): Markup {
  const { id, agentName, variant, attempts, durationSeconds, startedAt, endedAt = startedAt } = record
  const tries = attempts.at(-1)?.number ?? 0
  const ending = endingOf(record)
  return markup`<li id="run-${shownText(id, maxLength.name)}"><details><summary><span class="word ${ending}">${ending}</span> <span class="agent"><bdi>${shownText(agentName, maxLength.name)}</bdi>${variantOf(variant)}</span> <span class="error">${errorInRow(record)}</span> <span class="tries">${tries === 1 ? '1 attempt' : `${count(tries)} attempts`}</span> <span class="took">${duration(durationSeconds)}</span> <span class="ended"><span class="label">ended </span><time datetime="${isoTime(endedAt)}">${timeOfDay(endedAt)}</time></span></summary>
<div class="run">${details(record, traceLink)}${attempts.length === 0 ? '' : attemptsTable(record)}</div></details></li>
`
}

function details(record: ExecutionRecord, traceLink: string | undefined): Markup {
  const { id, traceId, startedAt, retryOutcome, errorMessage, pausedSeconds } = record
  const paused = pausedSeconds > 0 ? ` after a pause of ${span(pausedSeconds)}` : ''
  return markup`<p>${endings[retryOutcome ?? ''] ?? 'finished'}${paused}; ${usageOf(record)}</p>${modelCallsOf(record)}${budgetOf(record)}${message(errorMessage)}<p class="note">started <time datetime="${isoTime(startedAt)}">${timeOfDay(startedAt)}</time>, execution <code>${shownText(id, maxLength.name)}</code>${traceId === undefined ? '' : markup`, trace ${linked(markup`<code>${shownText(traceId, maxLength.name)}</code>`, traceId, traceLink)}`}</p>`
}

function usageOf(record: ExecutionRecord): string {
  const { inputTokens, cachedInputTokens, outputTokens, unpricedCalls, toolCalls, reusedToolCalls } = record
  const cached = cachedInputTokens > 0 ? ` (${count(cachedInputTokens)} cached)` : ''
  return [
    `${count(inputTokens)} tokens in${cached}`,
    `${count(outputTokens)} out`,
    unpricedCalls > 0
      ? `cost ${cost(record)} (${unpricedCalls === 1 ? '1 model call' : `${count(unpricedCalls)} model calls`} without a known cost)`
      : cost(record),
    `${toolCalls === 1 ? '1 tool call' : `${count(toolCalls)} tool calls`}${reusedToolCalls > 0 ? ` (${count(reusedToolCalls)} reused)` : ''}`,
  ].join(', ')
}

/** The model calls of a run with their HTTP requests and models; nothing if no call was seen. */
function modelCallsOf({ modelCalls, httpTries, models }: ExecutionRecord): Insertion {
  if (modelCalls === 0) return ''
  const calls = modelCalls === 1 ? '1 model call' : `${count(modelCalls)} model calls`
  const requests = httpTries === 1 ? '1 HTTP request' : `${count(httpTries)} HTTP requests`
  const names = models.map((model, index) => markup`${index === 0 ? '' : ', '}<bdi>${shownText(model, maxLength.word)}</bdi>`)
  return markup`<p>${calls} with ${requests}${models.length === 0 ? '' : markup`: ${names}`}</p>`
}

/** The number of attempts that are shown at most, the last ones. */
const maxAttempts = 20

/** The attempts of a run, with those errors that differ from the error of the run. */
function attemptsTable({ attempts, errorMessage }: ExecutionRecord): Markup {
  const made = attempts.at(-1)?.number ?? 0
  const caption = made > maxAttempts ? `The last ${maxAttempts} of ${made} attempts` : 'Attempts'
  return markup`<div class="scroll attempts">${dataTable({ caption, columns: attemptColumns(errorMessage), rows: attempts.slice(-maxAttempts) })}</div>`
}

function attemptColumns(messageOfRun: string | undefined): readonly Column<AttemptRecord>[] {
  return [
    { head: 'Attempt', cell: ({ number }) => markup`<span class="nth">attempt </span>${number}` },
    { head: 'Waited', cell: ({ waitSeconds }) => (waitSeconds > 0 ? span(waitSeconds) : none), isNumeric: true },
    { head: 'Took', cell: ({ durationSeconds }) => duration(durationSeconds), isNumeric: true },
    { head: 'Requests', cell: ({ httpTries }) => (httpTries > 0 ? count(httpTries) : none), isNumeric: true },
    { head: 'Outcome', cell: (attempt) => outcome(attempt, messageOfRun), isWide: true },
  ]
}

function outcome({ outcome: word, errorType, errorMessage }: AttemptRecord, messageOfRun: string | undefined): Markup {
  const type = errorType === undefined ? '' : markup` <span class="error">${shownType(errorType)}</span>`
  return markup`${word ?? 'not ended'}${type}${errorMessage === messageOfRun ? '' : message(errorMessage)}`
}

/** The type of an error in one word, for a row. */
function shownType(errorType: string): string {
  return shownText(shownErrorType(errorType), maxLength.word)
}

/** The type of an error and its message, for a row; nothing if there is none. */
function errorInRow({ errorType, errorMessage }: Pick<AttemptRecord, 'errorType' | 'errorMessage'>): Insertion {
  if (errorType === undefined) return ''
  return markup`${shownType(errorType)}${errorMessage ? markup` <span class="why"><bdi>${shownText(errorMessage)}</bdi></span>` : ''}`
}

/** The message of an error, or nothing. */
function message(errorMessage: string | undefined): Insertion {
  return errorMessage === undefined ? '' : markup`<p class="message"><bdi>${shownText(errorMessage)}</bdi></p>`
}
