import type { VariableReader } from '../environment.ts'
import { type Problem, shownValue } from '../problem.ts'
import type { ValueRule } from '../value-rule.ts'

/** Where the effective value of a setting came from. */
export type Origin = 'code' | 'default' | `environment ${string}` | `file ${string}`

/** One setting: its rule, its default and the places it is read from besides code. */
export interface Setting<T> {
  readonly value: ValueRule<Exclude<T, undefined>>
  readonly default: T
  /** What it decides, in a sentence for the documentation. */
  readonly about: string
  /** Name of the variable. */
  readonly variable?: string
  /**
   * Whether `NAME_FILE` may name a file that contains the value, as for every secret. An invalid value is then not shown, because the
   * wrong file may contain a secret. @default false
   */
  readonly orFile?: boolean
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
  /** Receives what is wrong. */
  readonly problems: Problem[]
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
    else problems.push({ path: path === '' ? key : `${path}.${key}`, rule: `is not a setting; there are ${keys.join(', ')}` })
  }
  return known
}

/** Origins by the path of the setting. */
export function prefixed(path: string, origins: Readonly<Record<string, Origin>>): Record<string, Origin> {
  return Object.fromEntries(Object.entries(origins).map(([key, origin]) => [`${path}.${key}`, origin]))
}

function resolveOne<T>(path: string, setting: Setting<T>, sources: Sources, code: unknown): readonly [T, Origin] {
  const { variable: name, fileKey } = setting
  const value = { ...setting.value, isSecret: setting.value.isSecret || setting.orFile === true }
  const { variables, fileName, problems } = sources
  const variable = name === undefined ? undefined : value.isSecret ? variables.orFile(name) : variables.plain(name)
  const fromCode = code === undefined ? undefined : checked(path, value, code, problems)
  const fromEnvironment = variable && checked(variable.name, value, value.fromText(variable.text), problems)
  const fromFile = fileKey === undefined ? undefined : (sources.fromFile(fileKey) as Exclude<T, undefined> | undefined)
  if (fromCode !== undefined) return [fromCode, 'code']
  if (variable && fromEnvironment !== undefined) return [fromEnvironment, `environment ${variable.name}`]
  if (fromFile !== undefined) return [fromFile, `file ${fileName}:${fileKey}`]
  return [setting.default, 'default']
}

function checked<T>(path: string, { schema, rule, isSecret }: ValueRule<T>, value: unknown, problems: Problem[]): T | undefined {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  problems.push({ path, rule, value: isSecret ? '***' : shownValue(value) })
  return undefined
}
