/** A logger that keeps its lines. */
export function keptLines(): { lines: string[]; logger: { warn(line: string): void; error(line: string): void } } {
  const lines: string[] = []
  const keep = (line: string): void => void lines.push(line)
  return { lines, logger: { warn: keep, error: keep } }
}
