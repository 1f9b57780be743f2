import type { Interval, Report } from './report.ts'

/** The report as tables for a terminal, ASCII only. */
export function textReport(report: Report): string {
  return [
    `Advice of ${report.at.slice(0, 16).replace('T', ' ')} UTC, from ${report.history.hours} hours of ${report.history.agents} agents`,
    ...report.notices.map((notice) => `Note: ${notice}`),
    ...sectionsOf(report).map(({ title, head, rows, empty }) =>
      ['', title, ...(rows.length === 0 ? [`  ${empty}`] : table([head, ...rows]))].join('\n'),
    ),
  ].join('\n')
}

/** A part of the report: a table with its head, or a sentence if it has no rows. */
interface Section {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly empty: string
}

/** The parts of a report that every format shows, with values as text. */
function sectionsOf({ forecasts }: Report): readonly Section[] {
  return [
    {
      title: 'Forecasts (median and 90 % interval)',
      head: ['agent', 'signal', 'next 24 h', 'next 7 days', 'busiest hour', 'model', 'error'],
      rows: forecasts.map((row) => [
        row.agentName ?? '(all)',
        row.signal,
        shownInterval(row.next24Hours),
        shownInterval(row.next7Days),
        shownInterval(row.peakHour),
        row.model,
        `${row.relativeError.toFixed(2)} x ${row.baselineModel}`,
      ]),
      empty: 'Not enough history.',
    },
  ]
}

/** `120 (90 - 150)`. */
function shownInterval(interval: Interval | undefined): string {
  if (interval === undefined) return '-'
  const { low, middle, high } = interval
  return `${shownNumber(middle)} (${shownNumber(low)} - ${shownNumber(high)})`
}

/** Three digits, or all of a whole number: `0.012`, `4.56`, `78.9`, `12345`. */
function shownNumber(value: number): string {
  if (value === 0) return '0'
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
}
