import type { Spread } from './statistics.ts'

/** A plain text table: the first column to the left, the others to the right. */
export function asciiTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

/** The middle half of a spread, for a cell. */
export function middleHalf({ from, to }: Spread, digits: number): string {
  return `${from.toFixed(digits)}-${to.toFixed(digits)}`
}

/** A paragraph below a table with a line for each row that could not be measured; nothing when all were. */
export function reasonLines(rows: readonly { readonly name: string; readonly reason?: string | undefined }[]): string {
  const missing = rows.filter(({ reason }) => reason !== undefined)
  if (missing.length === 0) return ''
  return `${missing.map(({ name, reason }) => `Not measured: ${name} (${reason}).`).join('\n')}\n\n`
}
