/** A logger that keeps its lines, those of failed runs without their ids, which differ in each run. */
export function keptLines(): { lines: string[]; logger: { warn(line: string): void; error(line: string): void } } {
  const lines: string[] = []
  const keep = (line: string): void =>
    void lines.push(line.replace(/ execution_id=[\da-f]{16}-[\da-z]+(?: trace_id=[\da-f]{32})?$/, ''))
  return { lines, logger: { warn: keep, error: keep } }
}
