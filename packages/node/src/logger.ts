import { errorType } from '@swarmwatch/sdk'
import { shownErrorType } from '@swarmwatch/sdk/names'

/** Takes finished lines: ASCII, one idea each, no secrets. `console` is one. */
export interface Logger {
  info?: (line: string) => void
  warn: (line: string) => void
  error: (line: string) => void
}

/** Says one line to the operator. Never throws. */
export type Say = (text: string) => void

const toConsole: Logger = { warn: (line) => console.warn(line), error: (line) => console.error(line) }

/** Lines start with `[TELEMETRY]` and stay printable, whatever the logger does. */
export function sayTo(logger: Logger | false = toConsole): Say {
  return (text) => {
    try {
      if (logger !== false) logger.warn(`[TELEMETRY] ${printable(text)}`)
    } catch {
      // a logger that throws must not reach the agents
    }
  }
}

/** Letters outside ASCII become `?`, control characters a blank. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replace(/[^ -~]/g, '?')
}

/** The kind of an error in one word, never its message, which may hold an address with a token. */
export const errorWord = (error: unknown): string => shownErrorType(errorType(error))
