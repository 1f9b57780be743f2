import { asciiOnly } from '@swarmwatch/config'

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
export interface Section {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly empty: string
}

/** The parts of a report that every format shows, with values as text. */
export function sectionsOf({ forecasts, advice, capacity, month, costParts }: Report): readonly Section[] {
  return [
    {
      title: 'Advice: what would save money',
      head: ['USD a month', 'advice', 'agent', 'evidence', 'fix'],
      rows: advice.map((one) => [
        shownUsd(one.usdPerMonth),
        one.advice,
        one.agentName ?? '(several)',
        asciiOnly(one.evidence),
        asciiOnly(one.fix),
      ]),
      empty: 'Nothing found.',
    },
    {
      title: 'Cost of the month (USD, median and 90 % interval)',
      head: ['month', 'spent', 'expected', 'next 30 days', 'budget'],
      rows:
        month === undefined
          ? []
          : [
              [
                month.month,
                shownUsd(month.spentUsd),
                shownInterval(month.expectedUsd, shownUsd),
                shownInterval(month.next30DaysUsd, shownUsd),
                month.budgetUsd === undefined ? '-' : shownUsd(month.budgetUsd),
              ],
            ],
      empty: 'No cost is known.',
    },
    {
      title: 'Cost of the last 7 days by use (USD)',
      head: ['agent', 'total', 'useful', 'retried', 'failed', 'useless retries', 'cancelled'],
      rows: costParts.map((parts) => [
        asciiOnly(parts.agentName),
        ...[parts.total, parts.useful, parts.retried, parts.failed, parts.uselessRetries, parts.cancelled].map(shownUsd),
      ]),
      empty: 'No cost is known.',
    },
    {
      title: 'Capacity at the peak of the next 7 days',
      head: ['resource', 'available', 'needed', 'free', 'evidence'],
      rows: capacity.resources.map((plan) => [
        asciiOnly(plan.resource),
        shownNumber(plan.available),
        shownInterval(plan.needed),
        `${Math.round(100 * plan.headroomRatio)} %`,
        asciiOnly(plan.evidence),
      ]),
      empty: 'Unknown: there is too little history, or no metrics of durations and workers.',
    },
    ...(capacity.autoscaling === undefined
      ? []
      : [
          {
            title: 'Values for KEDA or an HPA',
            head: ['least workers', 'most workers', 'active executions per worker'],
            rows: [
              [capacity.autoscaling.minWorkers, capacity.autoscaling.maxWorkers, capacity.autoscaling.targetActivePerWorker].map(
                String,
              ),
            ],
            empty: '',
          },
        ]),
    {
      title: 'Forecasts (median and 90 % interval)',
      head: ['agent', 'signal', 'next 24 h', 'next 7 days', 'busiest hour', 'model', 'error'],
      rows: forecasts.map((row) => [
        row.agentName === undefined ? '(all)' : asciiOnly(row.agentName),
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
function shownInterval(interval: Interval | undefined, shown: (value: number) => string = shownNumber): string {
  if (interval === undefined) return '-'
  const { low, middle, high } = interval
  return `${shown(middle)} (${shown(low)} - ${shown(high)})`
}

function shownUsd(usd: number): string {
  return usd.toFixed(2)
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
