const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const millions = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const cents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

// A line must not break between a figure and its unit
const gap = '\u00a0'

/** Text in the place of a missing figure. */
export const none = '-'

/** `10,432`; `12.35 M` from ten million. */
export function count(value: number): string {
  return value >= 10_000_000 ? `${millions.format(value / 1_000_000)}${gap}M` : whole.format(value)
}

/** `18.2 %`. Neither a rare failure nor a rare success is rounded away: `<0.1 %`, `>99.9 %`. */
export function percent(share: number | undefined): string {
  if (share === undefined) return none
  if (share === 0 || share === 1) return `${share * 100}${gap}%`
  if (share > 0 && share < 0.001) return `<0.1${gap}%`
  if (share < 1 && share > 0.999) return `>99.9${gap}%`
  return `${(share * 100).toFixed(1)}${gap}%`
}

/** `340 ms`, `4.21 s`, `42.1 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return none
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)}${gap}ms`
  if (seconds < 9.995) return `${seconds.toFixed(2)}${gap}s`
  if (seconds < 99.95) return `${seconds.toFixed(1)}${gap}s`
  return span(seconds)
}

/** Whole seconds: `8 s`, `2 min 05 s`, `1 h 02 min`. */
export function span(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds))
  if (rounded < 100) return `${rounded}${gap}s`
  if (rounded < 3600) return `${Math.floor(rounded / 60)}${gap}min ${twoDigits(rounded % 60)}${gap}s`
  return `${Math.floor(rounded / 3600)}${gap}h ${twoDigits(Math.floor((rounded % 3600) / 60))}${gap}min`
}

/** `21.8`, `60`: one decimal where there is one. */
export function points(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}

/** `71.9`, `100.0`. Not rounded up: a score of 99.96 has something taken away. */
export function score(value: number): string {
  // 71.9 may be 71.89999999999999
  return (Math.floor(value * 10 + 1e-6) / 10).toFixed(1)
}

/** `$0.0042`, `$1,204.50`. */
export function usd(value: number): string {
  if (value === 0) return '$0'
  if (value < 0.00005) return '<$0.0001'
  return value < 0.1 ? `$${value.toFixed(4)}` : `$${cents.format(value)}`
}

/** `$0.12`; `$0.12 or more` if the cost of a part of the calls is unknown, `unknown` if that of all is. */
export function cost({ costUsd, unpricedCalls }: { readonly costUsd: number; readonly unpricedCalls: number }): string {
  if (unpricedCalls === 0) return usd(costUsd)
  return costUsd === 0 ? 'unknown' : `${usd(costUsd)} or more`
}

/** `12:03:04`, in UTC. */
export function timeOfDay(atMs: number): string {
  return isoTime(atMs).slice(11, 19)
}

/** For the `datetime` attribute. */
export function isoTime(atMs: number): string {
  const date = new Date(atMs)
  return Number.isNaN(date.getTime()) ? '1970-01-01T00:00:00.000Z' : date.toISOString()
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** Text of agents and errors is cut to this length, in UTF-16 units. */
export const maxLength = { name: 80, word: 60, message: 300 } as const

// Control characters, invisible and direction marks, line separators, halves of surrogate pairs
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
// Letters under many accents
const stackedAccents = /(\p{M}{3})\p{M}+/gu

/**
 * Text of agents and errors in a form that is safe to show: cut, and with invisible and direction
 * characters as `[U+202E]`.
 */
export function shownText(text: string, max: number = maxLength.message): string {
  // Cut first, because patterns over a megabyte would delay the agents
  const spelled = text
    .slice(0, max)
    .replace(invisible, (character) =>
      /[\t\n\r]/.test(character) ? ' ' : `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(stackedAccents, '$1')
  const isCut = text.length > max || spelled.length > 2 * max
  return isCut ? `${spelled.slice(0, 2 * max)}...` : spelled
}
