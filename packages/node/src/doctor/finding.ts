import { asciiOnly } from '@swarmwatch/config'

/** Result of one check of the doctor. */
export interface Finding {
  /**
   * `note`: cannot be checked from here. `warning`: works, but should be reviewed. `wrong`: does
   * not work.
   */
  readonly level: 'ok' | 'note' | 'warning' | 'wrong'
  /** One line, with the cure if the level is not `ok`. No secrets. */
  readonly text: string
}

/** The check passed. */
export const ok = (text: string): Finding => ({ level: 'ok', text })
/** It cannot be checked from here. */
export const note = (text: string): Finding => ({ level: 'note', text })
/** It works, but should be reviewed. */
export const warning = (text: string): Finding => ({ level: 'warning', text })
/** It does not work. */
export const wrong = (text: string): Finding => ({ level: 'wrong', text })

const marks = { ok: '[OK]   ', note: '[NOTE] ', warning: '[WARN] ', wrong: '[WRONG]' } as const

/** `[WRONG] port 9090 ...`; ASCII, one line. */
export function findingLine({ level, text }: Finding): string {
  return asciiOnly(`${marks[level]} ${text}`)
}
