type Version = readonly [major: number, minor: number, patch: number]

/** Whether a version is in a range as package.json files write them for the OpenTelemetry API; a range it cannot read holds every version. */
export function isInRange(version: string, range: string): boolean {
  const parsed = parse(version)
  return range.split('||').some((part) => comparators(part).every((comparator) => holds(parsed, comparator)))
}

/** The versions that a range names and may allow: the 1.3.0 of `>=1.3.0 <1.10.0`. */
export function versionsIn(range: string): string[] {
  return [...range.matchAll(/(<\s*)?v?(\d+\.\d+)(\.\d+)?/g)].flatMap(([, excluded, minor, patch = '.0']) =>
    excluded === undefined ? `${minor}${patch}` : [],
  )
}

function comparators(range: string): string[] {
  // ">= 1.3.0 < 1.10.0" as ">=1.3.0", "<1.10.0"
  return range
    .trim()
    .replace(/([<>=~^])\s+/g, '$1')
    .split(/\s+/)
}

function holds(version: Version, comparator: string): boolean {
  const [, operator = '', bound] = /^([<>=~^]*)v?(\d+(?:\.\d+){0,2})$/.exec(comparator) ?? []
  if (bound === undefined) return true
  const parts = bound.split('.').length
  const least = parse(bound)
  const order = compare(version, least)
  if (operator === '>=') return order >= 0
  if (operator === '>') return order > 0
  if (operator === '<') return order < 0
  if (operator === '<=') return order <= 0
  if (operator === '^') return order >= 0 && version[0] === least[0] && (least[0] > 0 || version[1] === least[1])
  if (operator === '~') return order >= 0 && version[0] === least[0] && (parts === 1 || version[1] === least[1])
  return version.slice(0, parts).every((number, index) => number === least[index])
}

function parse(version: string): Version {
  const [major = 0, minor = 0, patch = 0] = version.split(/[-+]/, 1)[0]!.split('.').map(Number)
  return [major, minor, patch]
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2]
}
