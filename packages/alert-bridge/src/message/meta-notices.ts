import type { Severity } from '@swarmwatch/config'

import type { Notice } from './notice.ts'

/** What the bridge says of itself. */
export interface Meta {
  /** The same for the same trouble, so that it is told once and its end can follow. */
  readonly key: string
  readonly severity: Severity
  readonly title: string
  readonly text: string
  /** What tells this occurrence from others, such as the id of what is kept: listed when several are reported together. */
  readonly detail?: string
  /** Whether this is the end of it. @default false */
  readonly isOver?: boolean
}

export function metaNotice({ key, severity, title, text, isOver = false }: Meta, at: number): Notice {
  const time = new Date(at).toISOString()
  return {
    kind: 'meta',
    severity,
    incidentKey: `meta:${key}`,
    title,
    text,
    alerts: [],
    ...(isOver ? { endedAt: time } : { startedAt: time }),
  }
}
