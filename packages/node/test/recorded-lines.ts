import type { TelemetryLogger } from '../src/logger.ts'

/**
 * A logger that keeps its lines, without the one that lists the frameworks: packages of this
 * repository are found because vitest can import them.
 */
export function recordedLines(): { lines: string[]; logger: TelemetryLogger } {
  const lines: string[] = []
  const keep = (line: string): void => {
    if (!line.startsWith('[TELEMETRY] model and tool calls: ')) lines.push(line)
  }
  return { lines, logger: { warn: keep, error: keep } }
}
