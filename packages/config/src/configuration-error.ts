import { asciiOnly } from './shown-value.ts'

/** One thing that is wrong with the settings. Safe to print: a secret shows `***`. */
export interface Problem {
  /** The setting: a key of the file (`recovery.max_retries`), a variable (`MAX_RETRIES`) or an option in code (`recovery.maxRetries`). */
  readonly path: string
  /** What must hold, as the rest of a sentence: `must be a whole number from 0 to 100`. */
  readonly rule: string
  /** The value as it is shown, quoted if it is text; undefined where there is none or it says nothing. */
  readonly value?: string | undefined
  /** Where: `config/production.yaml:6`, with the line; undefined for variables and code. */
  readonly place?: string | undefined
}

function sentence({ path, rule, value, place }: Problem): string {
  return asciiOnly(`${path} ${rule}${value === undefined ? '' : `, got ${value}`}${place === undefined ? '' : ` (${place})`}`)
}

/** The settings cannot be used. The message lists every problem, one a line. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    super([`${count} in the configuration:`, ...problems.map((problem) => `  ${sentence(problem)}`)].join('\n'))
    this.problems = problems
  }
}
