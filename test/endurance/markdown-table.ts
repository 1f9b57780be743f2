/** A table as docs/operations.md has it; the first row names the columns. */
export function markdownTable(rows: readonly (readonly (string | number)[])[]): string {
  const [head = [], ...rest] = rows
  return [head, head.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
