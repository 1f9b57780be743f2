import { wallClock } from '../local-time.ts'
import type { Chart } from './chart.ts'
import { isDrawable } from './chart.ts'
import { type Scale, scaledText, scaleFor } from './chart-units.ts'

/** A mark of an axis. */
export interface Tick {
  readonly at: number
  readonly text: string
}

/** The range of an axis and its marks. */
export interface Axis {
  readonly from: number
  readonly to: number
  readonly ticks: readonly Tick[]
}

/** The axis of the values: of all that can be drawn, of the limit, and of zero unless the values are far from it. */
export function valueAxis({ series, limit, unit }: Chart): Axis & { readonly scale: Scale } {
  const values = series.flatMap(({ points }) => points.map(({ value }) => value)).filter(isDrawable)
  const all = limit !== undefined && isDrawable(limit) ? [...values, limit] : values
  let low = all.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY)
  let high = all.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY)
  if (all.length === 0) [low, high] = [0, 1]
  if (low > 0 && low < 0.7 * high) low = 0
  if (high < 0 && high > 0.7 * low) high = 0
  const size = Math.max(Math.abs(low), Math.abs(high))
  // no step would fit between values that are almost equal, and none between the smallest numbers there are
  if (size < 1e-290) [low, high] = [0, 1]
  else if (high - low < size * 1e-6) [low, high] = low > 0 ? [0, high] : [low, 0]
  const largest = Math.max(Math.abs(low), Math.abs(high))
  const scale = scaleFor(unit, largest)
  const step = niceStep((high - low) / scale.divisor / 4) * scale.divisor
  const from = Math.floor(low / step + 1e-9) * step
  const count = Math.min(Math.ceil((high - from) / step - 1e-9), 8)
  const digits = Math.min(Math.max(Math.ceil(Math.log10(largest / step)) + 1, 1), 8)
  const ticks = Array.from({ length: count + 1 }, (_, index) => {
    // zero is written as zero, not as the rest of a subtraction
    const at = Math.abs(from + index * step) < step / 1e6 ? 0 : from + index * step
    return { at, text: scaledText(at, scale, digits) }
  })
  return { from, to: Math.max(from + count * step, high), ticks, scale }
}

/** 1, 2 or 5 times a power of ten, at least as much as given. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5].map((times) => times * power).find((step) => step >= least * (1 - 1e-9)) ?? 10 * power
}

const minuteMs = 60_000
const timeSteps = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1_440].map((minutes) => minutes * minuteMs)
const maxTimeTicks = 7

/** The axis of time, with round times of the time zone as marks. */
export function timeAxis({ fromMs, toMs, timeZone }: Pick<Chart, 'fromMs' | 'toMs' | 'timeZone'>): Axis {
  const step = timeSteps.find((each) => (toMs - fromMs) / each <= maxTimeTicks) ?? Math.max(toMs - fromMs, minuteMs)
  const offset = offsetMs(toMs, timeZone)
  const first = Math.ceil((fromMs + offset) / step) * step - offset
  const count = Math.max(Math.floor((toMs - first) / step) + 1, 0)
  const ticks = Array.from({ length: Math.min(count, maxTimeTicks + 1) }, (_, index) => first + index * step)
  return { from: fromMs, to: toMs, ticks: ticks.map((at) => ({ at, text: clockTime(at, timeZone) })) }
}

/** `03:13` in a time zone. */
export function clockTime(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms)
}

/** `UTC+01:00`, as in the text of messages. */
export function zoneText(ms: number, timeZone: string): string {
  const minutes = Math.round(offsetMs(ms, timeZone) / minuteMs)
  const digits = (part: number): string => String(part).padStart(2, '0')
  return `UTC${minutes < 0 ? '-' : '+'}${digits(Math.floor(Math.abs(minutes) / 60))}:${digits(Math.abs(minutes) % 60)}`
}

function offsetMs(ms: number, timeZone: string): number {
  const whole = Math.floor(ms / 1000) * 1000
  return wallClock(whole, timeZone) - whole
}
