import type { Setting } from './setting.ts'

/** The part of a setting that its documentation reads. */
export type AnySetting = Pick<
  Setting<unknown>,
  'about' | 'default' | 'example' | 'shownDefault' | 'variable' | 'orFile' | 'fileKey'
> & {
  readonly value: { readonly rule: string; readonly isSecret: boolean }
}

/** A setting as Markdown text for the cells of a table. */
export interface DocumentedSetting {
  /** Name of the variable as code; empty if there is none. */
  readonly variable: string
  /** Rule for the value, such as `a whole number from 0 to 65535`. */
  readonly type: string
  readonly default: string
  /** The sentence of the setting; secrets are marked, and `NAME_FILE` is named where a file may contain the value. */
  readonly meaning: string
}

/** Describes a setting for its documentation, so that no page repeats a rule or a default by hand. */
export function documentedSetting(setting: AnySetting): DocumentedSetting {
  const { value, variable, about, shownDefault, default: fallback, orFile: isInFile = value.isSecret } = setting
  const unit = fallback !== undefined && value.rule.includes('seconds') ? ' s' : ''
  const text = value.isSecret ? `**Secret.** ${about}` : about
  return {
    variable: asCode(variable),
    type: value.rule.replace(/^must be /, ''),
    default: shownDefault ?? `${asDefault(fallback)}${unit}`,
    meaning: isInFile ? `${text} Also as a file: ${asCode(`${variable}_FILE`)}.` : text,
  }
}

/** A Markdown table of the variables of a program: name, type, default and meaning. A test compares the program's README with it. */
export function variablesTable(settings: readonly AnySetting[]): string {
  const rows = settings.map((setting) => Object.values(documentedSetting(setting)))
  return table(['Variable', 'Type', 'Default', 'Meaning'], rows)
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text as code; nothing for nothing. */
export function asCode(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``
}

/** A default as code; `none` where there is none. */
export function asDefault(value: unknown): string {
  if (value === undefined) return 'none'
  return asCode(typeof value === 'string' ? value : JSON.stringify(value))
}
