/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text as code; nothing for nothing. */
export function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``
}

/** A default as code; `none` where there is none. */
export function shown(value: unknown): string {
  if (value === undefined) return 'none'
  return code(typeof value === 'string' ? value : JSON.stringify(value))
}
