import type { TelemetryLogger } from '../src/logger.ts'

/** A logger that keeps its lines. */
export function recordedLines(): { lines: string[]; logger: TelemetryLogger } {
  const lines: string[] = []
  const keep = (line: string): void => void lines.push(line)
  return { lines, logger: { warn: keep, error: keep } }
}
