import { errorType, type Logger } from '@swarmwatch/sdk'
import { shownErrorType } from '@swarmwatch/sdk/names'

/** Receives complete lines in ASCII, without secrets. `console` is one. */
export interface TelemetryLogger extends Logger {
  /** Prints that an alert is resolved. @default warn */
  info?(line: string): void
}

/** Prints one line for the operator. Never throws. */
export type Warn = (text: string) => void

const toConsole: TelemetryLogger = { warn: (line) => console.warn(line), error: (line) => console.error(line) }

/**
 * Lines start with `[TELEMETRY]` and stay printable, whatever the logger does.
 * @param logger `false` prints nothing
 */
export function warnTo(logger: TelemetryLogger | false = toConsole): Warn {
  return (text) => {
    try {
      if (logger !== false) logger.warn(`[TELEMETRY] ${printable(text)}`)
    } catch {
      // A logger that throws must not reach the agents
    }
  }
}

/** Characters outside ASCII become `?`, control characters a blank. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replace(/[^ -~]/g, '?')
}

/**
 * The type of an error in one word, never its message, which may contain an address with a token.
 */
export const errorWord = (error: unknown): string => shownErrorType(errorType(error))
