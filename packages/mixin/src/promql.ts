/**
 * PromQL over several lines, without the indentation of the source around it.
 * An inserted query keeps its lines, with the indentation of its place.
 */
export function promql(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const text = strings.reduce((left, right, index) => {
    const column = /[^\n]*$/.exec(left)?.[0].match(/^ */)?.[0] ?? ''
    return left + String(values[index - 1]).replaceAll('\n', `\n${column}`) + right
  })
  const lines = text
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n')
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)![0].length)
  const indent = Math.min(...indents)
  return lines.map((line) => line.slice(indent).trimEnd()).join('\n')
}

/** The same query on one line, as texts of alerts have it. */
export function onOneLine(query: string): string {
  return query.replaceAll(/(?<=\()\n\s*|\n\s*(?=\))/g, '').replaceAll(/\n\s*/g, ' ')
}

/** A duration as PromQL and rule files write it: the largest unit that divides it. */
export function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const
  const unit = units.find(([, size]) => seconds >= size && seconds % size === 0)
  return unit === undefined ? `${seconds}s` : `${seconds / unit[1]}${unit[0]}`
}
