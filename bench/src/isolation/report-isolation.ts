import { asciiTable, reasonLines } from '../table.ts'
import { handWritten } from './libraries.ts'
import { surfaces, titleOf, type IsolationMeasured, type IsolationRow, type Stood } from './measure-isolation.ts'

/** The part of docs/benchmarks.md about what an agent notices of broken telemetry. */
export function isolationSection(result: IsolationMeasured): string {
  const { cases, rows, notMeasured } = result
  return `## What an agent notices of broken telemetry

\`\`\`
${table(result)}
\`\`\`

${reasonLines(notMeasured)}The isolation suite of \`@swarmwatch/testing\` ([docs/testing.md](testing.md)): ${cases} cases, in each of which one thing goes wrong around wrapped agents that
return, reject and throw; ours also recover and stream. A case is passed when the agent is called as often as it should, with its very arguments, when
its very value or error comes out, and when no error is left that nobody handles, which would end a Node process. Each case runs in a process of its own.
A cell has the cases passed, of those that reach the library. Ours must pass all; a test of the SDK holds it.

- none: nothing goes wrong; something must be recorded.
- span: processors, exporters, samplers, providers and tracers that throw, hang, call the agent or change what they are given.
- metric: the same for meters, instruments, views and readers. Only ours records metrics; the others cannot fail here.
- context: a context manager that throws, does not call, or calls twice.
- hook: redactors, loggers and listeners of the user's, as far as the library has them.
- value, error: arguments, results and thrown values that are hard to record. What a library can record, it was asked to record.

OpenTelemetry's own SDK hands on what a span processor, a sampler or a context manager throws to whoever starts or ends a span, and stumbles over odd
errors when it records them. A span that somebody writes by hand, as its documentation has it, shows how much that is: "failed as by hand" are the
failures that a library shares with it. It still is the library that stands between the two. The peers are used as their README has it, on an
OpenTelemetry SDK 2, which they are made for; none is asked to stream.

- By hand fails: ${byHandFailures(rows)}.
${rows.filter(isOther).flatMap(failedBeyond(rows)).join('\n')}

${rows.flatMap(remarks).join('\n\n')}
`
}

function table({ rows }: IsolationMeasured): string {
  return asciiTable(
    ['passed', 'version', ...surfaces, 'failed', 'failed as by hand'],
    rows.map((row) => [
      titleOf(row.library, row.openTelemetry),
      row.version,
      ...surfaces.map((surface) => cell(row.bySurface[surface])),
      String(row.failures.length),
      asByHand(row, rows),
    ]),
  )
}

const cell = ({ passed, of }: Stood): string => (of === 0 ? '-' : `${passed}/${of}`)

function asByHand(row: IsolationRow, rows: readonly IsolationRow[]): string {
  return isOther(row) && row.openTelemetry !== undefined ? String(row.failures.length - beyond(row, rows).length) : '-'
}

const isOther = ({ library }: IsolationRow): boolean => library !== handWritten
const byHandOn = (rows: readonly IsolationRow[], openTelemetry: string | undefined): IsolationRow | undefined =>
  rows.find((row) => !isOther(row) && row.openTelemetry === openTelemetry)

/** The failures that the span by hand has not. */
function beyond({ openTelemetry, failures }: IsolationRow, rows: readonly IsolationRow[]): IsolationRow['failures'] {
  const known = new Set(byHandOn(rows, openTelemetry)?.failures.map((failure) => failure.case))
  return failures.filter((failure) => !known.has(failure.case))
}

function byHandFailures(rows: readonly IsolationRow[]): string {
  return (
    byHandOn(rows, '3')
      ?.failures.map((failure) => failure.case)
      .join('; ') || 'nothing'
  )
}

/** What failed that does not by hand: the first with what came of it, the others by name. */
function failedBeyond(rows: readonly IsolationRow[]): (row: IsolationRow) => string[] {
  return (row) => {
    const [first, ...others] = beyond(row, rows)
    if (!first) return []
    const names = [`${first.case} (${first.what.split('; ')[0]})`, ...others.map((failure) => failure.case)]
    return [`- ${row.library} also fails: ${names.join('; ')}.`]
  }
}

function remarks({ library, outOfReach, remark }: IsolationRow): string[] {
  return [
    ...(outOfReach ? [`${library}: ${outOfReach.count} cases are out of reach; ${outOfReach.why}.`] : []),
    ...(remark === undefined ? [] : [`${library}: ${remark}.`]),
  ]
}
