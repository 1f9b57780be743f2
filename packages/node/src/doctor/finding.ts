import { asciiOnly } from '@swarmwatch/config'

/** One thing the doctor looked at. */
export interface Finding {
  /** `note`: cannot be seen from here. `warning`: works, but think about it. `wrong`: does not work as it is. */
  readonly level: 'ok' | 'note' | 'warning' | 'wrong'
  /** One line; for what is not ok with the cure. No secrets. */
  readonly text: string
}

/** All is well. */
export const ok = (text: string): Finding => ({ level: 'ok', text })
/** It cannot be seen from here. */
export const note = (text: string): Finding => ({ level: 'note', text })
/** It works, but think about it. */
export const warning = (text: string): Finding => ({ level: 'warning', text })
/** It does not work as it is. */
export const wrong = (text: string): Finding => ({ level: 'wrong', text })

const marks = { ok: '[OK]   ', note: '[NOTE] ', warning: '[WARN] ', wrong: '[WRONG]' } as const

/** `[WRONG] port 9090 ...`; ASCII, one line. */
export function findingLine({ level, text }: Finding): string {
  return asciiOnly(`${marks[level]} ${text}`)
}
