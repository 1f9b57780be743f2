import type { VariableReader } from '../environment.ts'
import { type Problem, problemText, shownValue } from '../problem.ts'
import type { ValueRule } from '../value-rule.ts'

/** Where the effective value of a setting came from. */
export type Origin = 'code' | 'default' | `environment ${string}` | `file ${string}`

/** One setting: its rule, its default and the places it is read from besides code. */
export interface Setting<T> {
  readonly value: ValueRule<Exclude<T, undefined>>
  readonly default: T
  /** The default as the documentation shows it, if the value itself does not. @default the value */
  readonly shownDefault?: string
  /** A sentence for the documentation. */
  readonly about: string
  /** A value other than the default, as text, for the documentation; of a secret, the path of its file. @default none */
  readonly example?: string
  /** Name of the variable. */
  readonly variable?: string
  /** Name of a more general variable, which counts if the first one is not set or invalid. */
  readonly generalVariable?: string
  /**
   * Whether `NAME_FILE` may name a file that contains the value. An invalid value is then not shown, because the wrong file may contain a
   * secret. @default true for a secret, otherwise false
   */
  readonly orFile?: boolean
  /** Whether an invalid value is only a notice, and the default is used instead. @default false: it is a problem */
  readonly isLenient?: boolean
  /** Key in the settings file, dotted. */
  readonly fileKey?: string
}

/** A group of settings, such as `metrics`. */
export type Settings<Group> = { readonly [Key in keyof Group]: Setting<Group[Key]> }

/** Where settings are read from. Values of the file have been checked already. */
export interface Sources {
  readonly variables: VariableReader
  /** Name of the file, as it appears in origins. */
  readonly fileName: string | undefined
  /** The value of a dotted key in the file. */
  readonly fromFile: (key: string) => unknown
  /** Receives every problem. */
  readonly problems: Problem[]
  /** Receives a line for each invalid value of a lenient setting. @default the lines are dropped */
  readonly notices?: string[]
}

/** The values of a group and the origin of each. */
export interface Resolved<Group> {
  readonly values: Group
  readonly origins: Readonly<Record<keyof Group, Origin>>
}

/**
 * Decides every setting of a group: code, otherwise environment, otherwise file, otherwise default. Every given value is checked, also one
 * that another source overrides. An invalid value is added to `sources.problems` and ignored.
 */
export function resolveSettings<Group extends object>(
  path: string,
  settings: Settings<Group>,
  sources: Sources,
  code: unknown = {},
): Resolved<Group> {
  const values: Partial<Group> = {}
  const origins: Partial<Record<keyof Group, Origin>> = {}
  const given = checkedCode(path, Object.keys(settings), code, sources.problems)
  for (const key of Object.keys(settings) as (keyof Group & string)[]) {
    const [value, origin] = resolveOne(path === '' ? key : `${path}.${key}`, settings[key], sources, given[key])
    values[key] = value
    origins[key] = origin
  }
  return { values: values as Group, origins: origins as Record<keyof Group, Origin> }
}

/** The settings of a group that code provides. A key that is not a setting is a problem and is left out. */
export function checkedCode(path: string, keys: readonly string[], code: unknown, problems: Problem[]): Record<string, unknown> {
  if (code === undefined) return {}
  if (typeof code !== 'object' || code === null || Array.isArray(code)) {
    problems.push({ path: path || 'code', rule: `must be an object with ${keys.join(', ')}`, value: shownValue(code) })
    return {}
  }
  const known: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(code)) {
    if (keys.includes(key)) known[key] = value
    else
      problems.push({ path: path === '' ? key : `${path}.${key}`, rule: `is not a setting; the settings are ${keys.join(', ')}` })
  }
  return known
}

/** Origins by the path of the setting. */
export function prefixed(path: string, origins: Readonly<Record<string, Origin>>): Record<string, Origin> {
  return Object.fromEntries(Object.entries(origins).map(([key, origin]) => [`${path}.${key}`, origin]))
}

/**
 * Reads a group of settings that only variables provide, for a program with settings of its own. An invalid value is added to `problems`,
 * or to `notices` if its setting is lenient, and ignored.
 * @example
 * const { values } = readVariables({ port: { about: 'Port.', variable: 'BRIDGE_PORT', value: port, default: 8090 } }, variables, problems)
 */
export function readVariables<Group extends object>(
  settings: Settings<Group>,
  variables: VariableReader,
  problems: Problem[],
  notices: string[] = [],
): Resolved<Group> {
  return resolveSettings('', settings, { variables, problems, notices, fileName: undefined, fromFile: () => undefined })
}

function resolveOne<T>(path: string, setting: Setting<T>, sources: Sources, code: unknown): readonly [T, Origin] {
  const { variable, generalVariable, fileKey, isLenient = false } = setting
  const { orFile: isInFile = setting.value.isSecret } = setting
  const value = { ...setting.value, isSecret: setting.value.isSecret || isInFile }
  const { variables, fileName, problems } = sources
  const invalid: Problem[] = isLenient ? [] : problems
  const fromCode = code === undefined ? undefined : checked(path, value, code, problems)
  const found = [variable, generalVariable].flatMap((name) => {
    const given = name === undefined ? undefined : isInFile ? variables.orFile(name) : variables.plain(name)
    if (given === undefined) return []
    const read = checked(given.name, value, value.fromText(given.text), invalid)
    return read === undefined ? [] : [[read, `environment ${given.name}`] as const]
  })
  const fromFile = fileKey === undefined ? undefined : (sources.fromFile(fileKey) as Exclude<T, undefined> | undefined)
  if (isLenient) sources.notices?.push(...invalid.map((problem) => `${problemText(problem)}; ${shownDefault(setting)} is used`))
  if (fromCode !== undefined) return [fromCode, 'code']
  if (found[0] !== undefined) return found[0]
  if (fromFile !== undefined) return [fromFile, `file ${fileName}:${fileKey}`]
  return [setting.default, 'default']
}

function shownDefault({ default: fallback }: Setting<unknown>): string {
  return fallback === undefined ? 'the default' : (shownValue(fallback) ?? '').replaceAll('"', '')
}

function checked<T>(path: string, { schema, rule, isSecret }: ValueRule<T>, value: unknown, problems: Problem[]): T | undefined {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  problems.push({ path, rule, value: isSecret ? '***' : shownValue(value) })
  return undefined
}
