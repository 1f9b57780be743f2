import type { Notice } from './notice.ts'

/** The first word of every message: how bad it is now, or what kind of message it is. */
export function statusWord({ kind, severity }: Notice): string {
  switch (kind) {
    case 'repeat':
      return `STILL ${severity.toUpperCase()}`
    case 'resolved':
    case 'summary':
    case 'digest':
    case 'drill':
    case 'event':
      return kind.toUpperCase()
    case 'firing':
    case 'meta':
      return severity.toUpperCase()
  }
}
