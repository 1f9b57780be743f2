import { type Problem, shownValue } from './problem.ts'

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The text of a variable and the name that it came from: `NAME` or `NAME_FILE`. */
export interface Variable {
  readonly text: string
  readonly name: string
}

/** Reads variables. An empty one, and one whose file is empty, counts as unset. */
export interface VariableReader {
  /** The variable itself. */
  readonly plain: (name: string) => Variable | undefined
  /** The variable, or the file that `NAME_FILE` names. Both at once, or a file that cannot be read, is a problem. */
  readonly orFile: (name: string) => Variable | undefined
  /** Every name that was read so far, set or not. */
  readonly known: ReadonlySet<string>
}

/** Options for {@link openVariables}. */
export interface VariableOptions {
  /** Whether spaces around a value are ignored. @default false: they are part of it, and numbers must not have any */
  readonly trims?: boolean
}

/** Opens a reader of `env`. It adds each problem to `problems` once; `readFile` receives the path as it is written. */
export function openVariables(
  env: Environment,
  readFile: (path: string) => string,
  problems: Problem[],
  { trims = false }: VariableOptions = {},
): VariableReader {
  const secrets = new Map<string, Variable | undefined>()
  const known = new Set<string>()

  function plain(name: string): Variable | undefined {
    known.add(name)
    const text = trims ? env[name]?.trim() : env[name]
    return text === undefined || text === '' ? undefined : { text, name }
  }

  function fromFile(name: string): Variable | undefined {
    const file = plain(`${name}_FILE`)
    if (file === undefined) return undefined
    try {
      const text = readFile(file.text).replace(/[\r\n]+$/, '')
      return text.trim() === '' ? undefined : { text: trims ? text.trim() : text, name: file.name }
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? 'error'
      problems.push({ path: file.name, rule: `must name a file that can be read (${reason})`, value: shownValue(file.text) })
      return undefined
    }
  }

  function find(name: string): Variable | undefined {
    const direct = plain(name)
    if (direct === undefined) return fromFile(name)
    if (plain(`${name}_FILE`)) {
      problems.push({ path: name, rule: `and ${name}_FILE are both set; set only one of them` })
    }
    return direct
  }

  function orFile(name: string): Variable | undefined {
    if (!secrets.has(name)) secrets.set(name, find(name))
    return secrets.get(name)
  }

  return { plain, orFile, known }
}

/**
 * Whether a variable of this name holds a secret: a word of it is PASSWORD, SECRET, TOKEN, KEY, WEBHOOK or HEARTBEAT. A PUBLIC_KEY is none.
 */
export function isSecretName(name: string): boolean {
  return /(?:^|_)(?:PASSWORD|SECRET|TOKEN|(?<!(?:^|_)PUBLIC_)KEY|WEBHOOK|HEARTBEAT)(?:_|$)/i.test(name)
}
