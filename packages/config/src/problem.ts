/** A problem of the settings. Safe to print: a secret shows `***`. */
export interface Problem {
  /** The setting: a key of the file (`recovery.max_retries`), a variable (`MAX_RETRIES`) or an option in code (`recovery.maxRetries`). */
  readonly path: string
  /** The rule that is broken, as the rest of a sentence: `must be a whole number from 0 to 100`. */
  readonly rule: string
  /**
   * The value as messages show it, quoted if it is text; undefined where there is none or it would not help.
   * @default undefined
   */
  readonly value?: string | undefined
  /** File and line: `config/production.yaml:6`; undefined for variables and code. @default undefined */
  readonly place?: string | undefined
}

/** A problem as a sentence: `MAX_RETRIES must be a whole number, 0 or more, got "x"`. ASCII only. */
export function problemText({ path, rule, value, place }: Problem): string {
  return asciiOnly(`${path} ${rule}${value === undefined ? '' : `, got ${value}`}${place === undefined ? '' : ` (${place})`}`)
}

/** The settings are invalid. The message lists every problem, one per line. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    super([`${count} in the configuration:`, ...problems.map((problem) => `  ${problemText(problem)}`)].join('\n'))
    this.problems = problems
  }
}

const longestShown = 60

/** A value as messages show it: text quoted, ASCII only, cut to 60 characters, URLs without the parts that may be secret; undefined for null. */
export function shownValue(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`
}

/** The path of a setting in one text: `alerts.channels[0].name`, `recovery.agents["my agent"].max_retries`. */
export function shownPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (!/^[\w-]+$/.test(name)) return `${text}[${quoted(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, '')
}

function quoted(text: string): string {
  // scheme://user:password@host/path: the part before the @, and the part after the host, may be secret
  const open = text.replace(/([a-z][a-z\d+.-]*:\/\/)(?:[^\s/?#]*@)?([^\s/?#]*)([/?#]\S*)?/gi, (_, scheme, host, rest) =>
    rest === undefined || rest === '/' ? `${scheme}${host}${rest ?? ''}` : `${scheme}${host}/***`,
  )
  const short = open.length > longestShown ? `${open.slice(0, longestShown)}...` : open
  return asciiOnly(JSON.stringify(short))
}

/** The text with every character that is not printable ASCII as `\uXXXX`, for old consoles and against control characters. */
export function asciiOnly(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
