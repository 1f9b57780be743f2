import type { ChartUnit } from '@swarmwatch/config'

/** How the values of a chart are written. */
export interface Scale {
  /** A value is divided by it. */
  readonly divisor: number
  /** Follows the number, with a space where the unit has one. */
  readonly suffix: string
}

const scales: Readonly<Record<ChartUnit, readonly Scale[]>> = {
  ratio: [{ divisor: 0.01, suffix: '%' }],
  usd: [{ divisor: 1, suffix: ' USD' }],
  seconds: [
    { divisor: 86_400, suffix: ' d' },
    { divisor: 3_600, suffix: ' h' },
    { divisor: 60, suffix: ' min' },
    { divisor: 1, suffix: ' s' },
    { divisor: 0.001, suffix: ' ms' },
  ],
  number: [
    { divisor: 1e9, suffix: 'G' },
    { divisor: 1e6, suffix: 'M' },
    { divisor: 1e3, suffix: 'k' },
    { divisor: 1, suffix: '' },
  ],
}

/** The scale in which values up to this one have few digits. */
export function scaleFor(unit: ChartUnit, largest: number): Scale {
  const choices = scales[unit]
  return choices.find(({ divisor }) => largest >= 2 * divisor) ?? choices.at(-1)!
}

/** A value with at most three digits: `62%`, `1.25 s`, `3e+12 USD`. */
export function valueText(unit: ChartUnit, value: number): string {
  return scaledText(value, scaleFor(unit, Math.abs(value)))
}

/** A value in a given scale. `digits` are significant ones. */
export function scaledText(value: number, { divisor, suffix }: Scale, digits = 3): string {
  const scaled = value / divisor
  // `0`, not `0k`
  if (scaled === 0) return suffix.startsWith(' ') || suffix === '%' ? `0${suffix}` : '0'
  const size = Math.abs(scaled)
  if (size >= 1e5 || size < 1e-4) return `${Number(scaled.toPrecision(digits)).toExponential()}${suffix}`
  return `${Number(scaled.toPrecision(Math.max(digits, size >= 1 ? Math.floor(Math.log10(size)) + 1 : 1)))}${suffix}`
}
