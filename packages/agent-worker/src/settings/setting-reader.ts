import { readFileSync } from 'node:fs'

import { type Problem, shownValue } from '@swarmwatch/config'

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a number must be, in words and as a check, and what it is when nobody says. */
export interface NumberRule {
  readonly default: number
  /** The rest of a sentence that starts with the variable: `must be a whole number from 0 to 65535`. */
  readonly rule: string
  readonly isValid: (value: number) => boolean
}

/** Reads variables; one that is empty counts as unset. */
export interface SettingReader {
  /** What was wrong so far. */
  readonly problems: Problem[]
  /** The variables that were asked for so far, and the files of those that are secret. */
  readonly known: ReadonlySet<string>
  readonly text: (name: string) => string | undefined
  /** The variable, or else the file that `NAME_FILE` names; both at once, or a file that cannot be read, is a problem. */
  readonly secret: (name: string) => string | undefined
  /** Decimal digits with at most one point. What breaks the rule is a problem and read as the default. */
  readonly number: (name: string, rule: NumberRule) => number
}

/** Opens a reader over an environment. */
export function openSettingReader(env: Environment): SettingReader {
  const problems: Problem[] = []
  const known = new Set<string>()
  const text = (name: string): string | undefined => {
    known.add(name)
    return env[name]?.trim() || undefined
  }
  return {
    problems,
    known,
    text,
    secret(name) {
      const [direct, file] = [text(name), text(`${name}_FILE`)]
      if (direct !== undefined && file !== undefined)
        problems.push({ path: name, rule: `and ${name}_FILE are both set; only one of them must be` })
      if (direct !== undefined || file === undefined) return direct
      try {
        return readFileSync(file, 'utf8').trim() || undefined
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        problems.push({ path: `${name}_FILE`, rule: `must name a file that can be read (${code})`, value: shownValue(file) })
        return undefined
      }
    },
    number(name, { default: fallback, rule, isValid }) {
      const given = text(name)
      if (given === undefined) return fallback
      if (/^\d+(\.\d+)?$/.test(given) && isValid(Number(given))) return Number(given)
      problems.push({ path: name, rule, value: shownValue(given) })
      return fallback
    },
  }
}

/** The rule of a whole number. */
export function wholeNumber(from: number, to: number, fallback: number): NumberRule {
  return {
    default: fallback,
    rule: `must be a whole number from ${from} to ${to}`,
    isValid: (value) => Number.isInteger(value) && value >= from && value <= to,
  }
}
