/** The parts of Stryker's JSON report that are read. */
export interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>
}

interface Mutant {
  readonly status: 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'CompileError' | 'RuntimeError' | 'Ignored' | 'Pending'
  readonly replacement?: string
  readonly location: { readonly start: Position; readonly end: Position }
}

interface Position {
  readonly line: number
  readonly column: number
}

/**
 * A report as Markdown: the score of each file, and below it each mutant that no test noticed. Mutants with which the tests did not end
 * in time are noticed, and have their own column: many of them mean that the machine was slow.
 */
export function scoresOf(report: Report): string {
  const files = Object.entries(report.files)
    .map(([file, { source, mutants }]) => ({ file, source, mutants: mutants.filter(counts).toSorted(byPlace) }))
    .filter(({ mutants }) => mutants.length > 0)
  const rows = [...files, { file: 'all', mutants: files.flatMap(({ mutants }) => mutants) }].map(({ file, mutants }) => {
    const [missed, slow] = [isMissed, isTimeout].map((is) => mutants.filter(is).length) as [number, number]
    return `| ${file} | ${mutants.length} | ${missed} | ${slow} | ${percent(mutants.length - missed, mutants.length)} |`
  })
  const missed = files.flatMap(({ file, source, mutants }) =>
    mutants
      .filter(isMissed)
      .map((mutant) => `- \`${file.split('/').at(-1)}:${mutant.location.start.line}\` ${change(source, mutant)}`),
  )
  return [
    ['| file | mutants | unnoticed | timed out | noticed |', '|---|--:|--:|--:|--:|', ...rows].join('\n'),
    missed.length === 0 ? 'All were noticed.' : `Unnoticed:\n\n${missed.join('\n')}`,
  ].join('\n\n')
}

/** The files with at most 85 % of their mutants noticed, with the share. */
export function tooLow({ files }: Report): string[] {
  return Object.entries(files).flatMap(([file, { mutants }]) => {
    const all = mutants.filter(counts)
    const noticed = all.filter((mutant) => !isMissed(mutant)).length
    return all.length > 0 && noticed <= 0.85 * all.length ? [`${file} ${percent(noticed, all.length)}`] : []
  })
}

/** The page with `text` between the markers of `name`. */
export function withScores(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- scores: ${name} -->`, '<!-- end of scores -->']
  const from = page.indexOf(begin)
  const to = page.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`docs/mutation.md must contain "${begin}" and then "${end}"`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}

// A mutant that does not load is no measure of the tests
const counts = ({ status }: Mutant): boolean => ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status)
const isMissed = ({ status }: Mutant): boolean => status === 'Survived' || status === 'NoCoverage'
const isTimeout = ({ status }: Mutant): boolean => status === 'Timeout'
const byPlace = ({ location: { start: one } }: Mutant, { location: { start: other } }: Mutant): number =>
  one.line - other.line || one.column - other.column
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`

function change(source: string, { replacement = '', location: { start, end } }: Mutant): string {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const last = lines.length - 1
  // the end first: both may be on one line
  lines[last] = lines[last]!.slice(0, end.column - 1)
  lines[0] = lines[0]!.slice(start.column - 1)
  return `${code(lines.join(' '))} as ${code(replacement)}`
}

function code(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return `\`\` ${line.length > 80 ? `${line.slice(0, 77)}...` : line} \`\``
}
