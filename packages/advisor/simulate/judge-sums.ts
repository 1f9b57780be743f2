/**
 * Prints the table of the next 24 hours and the next 30 days in docs/statistics.md, in ten minutes:
 * `node --conditions=swarmwatch-source packages/advisor/simulate/judge-sums.ts [series of each shape] [first seed]`
 */
import { loadAugurs } from '../src/forecast/augurs.ts'
import { forecastSeries } from '../src/forecast/forecast-series.ts'
import { day, week } from '../src/forecast/models.ts'
import { monthCost } from '../src/month-cost.ts'
import { shapes, wandering } from '../test/forecast/shapes.ts'

const [repetitions = 28, firstSeed = 3_000_000] = process.argv.slice(2).map(Number)
const histories = { '4 days': 4 * day, '10 days': 10 * day, '3 weeks': 3 * week, '8 weeks': 8 * week }
/** A Monday, as the first day of the shapes. */
const monday = Date.UTC(2026, 0, 5) / 3_600_000
const augurs = await loadAugurs()

/** Intervals of 90 % that contained what came, and their widths as multiples of it. */
class Judged {
  inside = 0
  readonly widths: number[] = []

  add(low: number, high: number, actual: number): void {
    this.inside += Number(actual >= low && actual <= high)
    this.widths.push((high - low) / Math.max(actual, 1))
  }

  share(): string {
    return `${((100 * this.inside) / this.widths.length).toFixed(0)} %`
  }

  toString(): string {
    const width = this.widths.toSorted((one, other) => one - other)[this.widths.length >> 1]!
    return `${this.share()}; ${width.toFixed(2)}`
  }
}

const ofMonth = Object.entries(histories).flatMap(([history, hours]) => (hours < week ? [] : [`30 days, ${history}`]))
const columns = [...Object.keys(histories).map((history) => `24 hours, ${history}`), ...ofMonth]
const all = columns.map(() => new Judged())
console.log(`| traffic | ${columns.join(' | ')} |\n| --- | ${columns.map(() => '---').join(' | ')} |`)
for (const [name, shape] of Object.entries({ ...shapes, wandering })) {
  const own = columns.map(() => new Judged())
  for (let at = 0; at < repetitions; at++) {
    // Histories begin on each day of the week
    const skipped = (at % 7) * day
    const longest = shape(skipped + 8 * week + 30 * day, firstSeed + 131 * at).slice(skipped)
    for (const [column, length] of Object.values(histories).entries()) {
      const series = { firstHour: monday + skipped, values: longest.slice(0, length) }
      const sum = (hours: number): number => longest.slice(length, length + hours).reduce((total, value) => total + value, 0)
      const [low, high] = (await forecastSeries(series, augurs))!.quantilesOfSum(day, [0.05, 0.95])
      const nowMs = (series.firstHour + length) * 3_600_000
      const month = await monthCost(series, augurs, { nowMs, budgetUsd: undefined })
      for (const judged of [own, all]) {
        judged[column]!.add(low!, high!, sum(day))
        if (month !== undefined) {
          judged[column + ofMonth.length]!.add(month.next30DaysUsd.low, month.next30DaysUsd.high, sum(30 * day))
        }
      }
    }
  }
  console.log(`| ${[name, ...own].join(' | ')} |`)
}
console.log(`| ${['all', ...all.map((each) => each.share())].join(' | ')} |`)
