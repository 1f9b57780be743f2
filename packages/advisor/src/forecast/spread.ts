import { doesLevelWander, type Origin, sortedQuantile } from './daily-errors.ts'
import { day, meanOf, week } from './models.ts'

/** Errors of past forecasts, divided by a scale that grows with the forecast value. */
export interface Spread {
  /** Whether the level of the series wanders, so that it is further away after more hours. */
  readonly isWandering: boolean
  scaleOf(value: number): number
  quantile(probability: number): number
}

/** The errors of all hours of the past forecasts, which belong to hours of any number of days ahead. */
export function spreadOf(origins: readonly Origin[]): Spread {
  const level = meanOf(origins.map(({ actual }) => meanOf(actual)))
  const power = powerOf(origins, level)
  const scaleOf = (value: number): number => (value + 0.05 * level + 1e-9) ** power
  const errors = origins.map(({ forecast, actual }) => forecast.map((value, hour) => (actual[hour]! - value) / scaleOf(value)))
  const sorted = Float64Array.from(errors.flatMap((one) => [...one])).toSorted()
  // Errors of forecasts of three days are a little smaller than those of a week
  const widen = (origins[0]?.actual.length ?? 0) < week ? 1.05 : 1
  const days = errors.flatMap((own) =>
    Array.from({ length: Math.floor(own.length / day) }, (_, at) => own.slice(at * day, (at + 1) * day)),
  )
  return {
    isWandering: doesLevelWander(days),
    scaleOf,
    quantile: (probability) => widen * sortedQuantile(sorted, probability),
  }
}

/** Quantile of Student's t distribution, to 2 % from two degrees of freedom on (Wallace 1959). */
export function studentQuantile(probability: number, degrees: number): number {
  const normal = normalQuantile(probability) * ((8 * degrees + 3) / (8 * degrees + 1))
  return Math.sign(normal) * Math.sqrt(degrees * Math.expm1(normal ** 2 / degrees))
}

/** Quantile of the normal distribution, to 0.0005 (Abramowitz and Stegun 26.2.23). */
function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability)
  const root = Math.sqrt(-2 * Math.log(probability))
  const above = 2.515517 + 0.802853 * root + 0.010328 * root ** 2
  return above / (1 + 1.432788 * root + 0.189269 * root ** 2 + 0.001308 * root ** 3) - root
}

/** Slope of the size of the errors over the value, both as logarithms: 0.5 for independent runs, 1 for bursts. */
function powerOf(origins: readonly Origin[], level: number): number {
  let [n, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0]
  for (const { forecast, actual } of origins) {
    forecast.forEach((value, hour) => {
      const x = Math.log(value + 0.05 * level + 1e-9)
      const y = Math.log(Math.abs(actual[hour]! - value) + 0.01 * level + 1e-9)
      n++
      sx += x
      sy += y
      sxx += x * x
      sxy += x * y
    })
  }
  const slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
  return Number.isFinite(slope) ? Math.min(Math.max(slope, 0), 1) : 0.5
}
