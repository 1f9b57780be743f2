import { type Problem, shownPath, shownValue } from '../problem.ts'
import { checkShape, fileKeyOf, type MapShape, type ShapeProblem } from '../shape.ts'
import type { Origin, Sources } from './setting.ts'

/** A mapping by name with the origin of each value, by its path. */
export interface ResolvedByName<Entry> {
  /** An object without prototype. */
  readonly values: Readonly<Record<string, Entry>>
  readonly origins: Readonly<Record<string, Origin>>
}

/** A mapping such as `budgets`: the entries of code, and those of the file for every name that code does not have. */
export function resolveByName<Entry extends object>(
  group: string,
  shape: MapShape,
  sources: Sources,
  code: unknown,
): ResolvedByName<Entry> {
  const report = (finding: ShapeProblem): number => sources.problems.push(problemOf(finding))
  const inFile = validEntries<Entry>(sources.fromFile(group))
  const inCode = validEntries<Entry>(checkShape(shape, code, { spelling: 'code', path: [group] }, report))
  const origins: Record<string, Origin> = {}
  // without prototype: an agent may be called "constructor"
  const values: Record<string, Entry> = Object.assign(Object.create(null), inFile, inCode)
  for (const [name, entry] of Object.entries(values)) {
    const origin = (path: readonly string[]): Origin =>
      Object.hasOwn(inCode, name)
        ? 'code'
        : `file ${sources.fileName}:${shownPath([group, name, ...path.map((key) => (shape.values.kind === 'section' ? fileKeyOf(key) : key))])}`
    for (const path of pathsIn(entry)) origins[shownPath([group, name, ...path])] = origin(path)
  }
  return { values, origins }
}

/** The paths of all values in an entry; a list is one value. */
function pathsIn(entry: object): string[][] {
  return Object.entries(entry).flatMap(([key, value]: [string, unknown]) => {
    const isSection = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isSection ? pathsIn(value).map((path) => [key, ...path]) : [[key]]
  })
}

function problemOf({ path, rule, value }: ShapeProblem): Problem {
  const isMissing = value === undefined && rule.startsWith('must be ')
  return { path: shownPath(path), rule: isMissing ? `is missing; it ${rule}` : rule, value: shownValue(value) }
}

/** Entries after the check of their shape, without those that cannot be used. */
function validEntries<Entry>(entries: unknown): Record<string, Entry> {
  const all = Object.entries((entries ?? {}) as Readonly<Record<string, Entry | undefined>>)
  return Object.fromEntries(all.filter((entry): entry is [string, Entry] => entry[1] !== undefined))
}
