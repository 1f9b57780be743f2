import type { Environment } from './environment.ts'

/** More lines would hide the other lines of a start. */
const maxLines = 10

/**
 * A line for each variable that is set but not read, and looks like one of `known` that is not set: `METRIC_PORT`, `MAX_RETRY`,
 * `MONITOR_PROT`. Variables that begin with `SWARMWATCH_` are ours, so an unknown one is reported in any case. Values do not appear.
 */
export function mistypedVariables(env: Environment, known: ReadonlySet<string>): string[] {
  const isSet = (name: string): boolean => env[name] !== undefined && env[name] !== ''
  const candidates = [...known].filter((name) => !isSet(name)).map((name) => [name, words(name)] as const)
  return Object.keys(env)
    .filter((name) => isSet(name) && !known.has(name))
    .flatMap((name) => lineFor(name, known, candidates) ?? [])
    .slice(0, maxLines)
}

function lineFor(
  name: string,
  known: ReadonlySet<string>,
  candidates: readonly (readonly [name: string, words: readonly string[]])[],
): string | undefined {
  const base = name.replace(/_FILE$/, '')
  if (base !== name && known.has(base)) return `${name} is not read: only a secret may come from a file; set ${base}`
  const given = words(name.replace(/^SWARMWATCH_/, ''))
  const whole = words(name)
  const meant = candidates.find(([, meantWords]) => isLike(whole, meantWords) || isLike(given, meantWords))
  if (meant !== undefined) return `${name} is not a setting and has no effect; did you mean ${meant[0]}?`
  // A program that reads only some of our settings does not know them
  const knowsAll = known.has('SWARMWATCH_CONFIG')
  return knowsAll && name.startsWith('SWARMWATCH_') ? `${name} is not a setting and has no effect` : undefined
}

/** In capitals and singular: `MAX_RETRIES` and `max_retry` have the same. */
function words(name: string): readonly string[] {
  return name
    .toUpperCase()
    .split(/[_-]+/)
    .map((word) => word.replace(/(?<=..)IES$/, 'Y').replace(/(?<=[^S]{2})S$/, ''))
}

const units = new Set(['SECOND', 'SEC', 'S', 'MILLISECOND', 'MS', 'NUMBER', 'VALUE'])

function isLike(given: readonly string[], meant: readonly string[]): boolean {
  const last = given.at(-1)
  if (given.length === meant.length + 1 && last !== undefined && units.has(last)) return isLike(given.slice(0, -1), meant)
  if (given.toSorted().join('_') === meant.toSorted().join('_')) return true
  const [one, other] = [given.join(''), meant.join('')]
  return isWithin(one, other, other.length > 12 ? 2 : 1)
}

/** Whether one text becomes the other by at most `limit` changed, missing, added or swapped letters. */
function isWithin(one: string, other: string, limit: number): boolean {
  if (Math.abs(one.length - other.length) > limit) return false
  let [before, row] = [[] as number[], Array.from({ length: other.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const best = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + cost)
      next.push(isSwapped ? Math.min(best, before[j - 2]! + 1) : best)
    }
    ;[before, row] = [row, next]
  }
  return row.at(-1)! <= limit
}
