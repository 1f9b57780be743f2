import { readFileSync } from 'node:fs'

/** The cells of the row of a table in docs/safe-recovery.md that begins with `name`. */
export function documentedRow(name: string): string[] {
  const page = readFileSync(new URL('../../../docs/safe-recovery.md', import.meta.url), 'utf8')
  const rows = page.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  const [row, another] = rows.filter(([first]) => first === name)
  if (!row || another) throw new Error(`docs/safe-recovery.md must have one row ${JSON.stringify(name)}`)
  return row.slice(1)
}

/** Numbers as the page shows them. */
export const shown = (...numbers: readonly number[]): string[] => numbers.map((number) => number.toLocaleString('en-US'))
