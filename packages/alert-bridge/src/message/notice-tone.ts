import type { Severity } from '@swarmwatch/config'

import type { Notice } from './notice.ts'

/** Whether a notice reports an end (`over`), or how serious it is: what its colour shows. */
export function toneOf({ kind, severity }: Pick<Notice, 'kind' | 'severity'>): Severity | 'over' {
  return kind === 'resolved' || kind === 'summary' ? 'over' : severity
}

const colours = { over: '#2ecc71', critical: '#e74c3c', warning: '#f39c12', info: '#3498db' } as const

/** The colour of a notice: `#` and six hexadecimal digits. */
export function colourOf(notice: Pick<Notice, 'kind' | 'severity'>): string {
  return colours[toneOf(notice)]
}

const dots = { over: '\u{1F7E2}', critical: '\u{1F534}', warning: '\u{1F7E1}', info: '\u{1F535}' } as const

/** A coloured dot, or a test tube for a drill. */
export function signOf(notice: Pick<Notice, 'kind' | 'severity'>): string {
  return notice.kind === 'drill' ? '\u{1F9EA}' : dots[toneOf(notice)]
}
