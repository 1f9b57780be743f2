import type { AttemptRecord, ExecutionRecord } from '@swarmwatch/sdk'
import { shownErrorType } from '@swarmwatch/sdk/names'

import { type Column, dataTable } from './data-table.ts'
import { duration, none, span } from './figures.ts'
import { type Insertion, type Markup, markup } from './markup.ts'
import { longest, shownText } from './shown-text.ts'

/** Of a run with very many attempts the last ones. */
const mostAttempts = 20

/** The attempts of a run, with the errors that are not the run's own. */
export function attemptsTable({ attempts, errorMessage }: ExecutionRecord): Markup {
  const made = attempts.at(-1)?.number ?? 0
  const caption = made > mostAttempts ? `The last ${mostAttempts} of ${made} attempts` : 'Attempts'
  return markup`<div class="scroll attempts">${dataTable({ caption, columns: columns(errorMessage), rows: attempts.slice(-mostAttempts) })}</div>`
}

function columns(said: string | undefined): readonly Column<AttemptRecord>[] {
  return [
    { head: 'Attempt', cell: ({ number }) => markup`<span class="nth">attempt </span>${number}` },
    { head: 'Waited', cell: ({ waitSeconds }) => (waitSeconds > 0 ? span(waitSeconds) : none), isNumeric: true },
    { head: 'Took', cell: ({ durationSeconds }) => duration(durationSeconds), isNumeric: true },
    { head: 'Outcome', cell: (attempt) => outcome(attempt, said), isWide: true },
  ]
}

function outcome({ outcome: word, errorType, errorMessage }: AttemptRecord, said: string | undefined): Markup {
  const type = errorType === undefined ? '' : markup` <span class="error">${shownType(errorType)}</span>`
  return markup`${word ?? 'not ended'}${type}${errorMessage === said ? '' : message(errorMessage)}`
}

/** The kind of an error in one word, as a row shows it. */
function shownType(errorType: string): string {
  return shownText(shownErrorType(errorType), longest.word)
}

/** The kind of an error and what it says, in a row; nothing if there is none. */
export function errorInRow({ errorType, errorMessage }: Pick<AttemptRecord, 'errorType' | 'errorMessage'>): Insertion {
  if (errorType === undefined) return ''
  return markup`${shownType(errorType)}${errorMessage ? markup` <span class="why"><bdi>${shownText(errorMessage)}</bdi></span>` : ''}`
}

/** An error's message, or nothing. */
export function message(errorMessage: string | undefined): Insertion {
  return errorMessage === undefined ? '' : markup`<p class="message"><bdi>${shownText(errorMessage)}</bdi></p>`
}
