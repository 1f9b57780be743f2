import type { Problem } from '../configuration-error.ts'
import type { Environment } from '../environment.ts'
import { shownValue } from '../shown-value.ts'
import { fileProblems, repeatedEntries } from './file-problems.ts'
import { fileSchema } from './file-schema.ts'
import type { FileSettings } from './file-settings.ts'
import { readSettingsDocument, type SettingsDocument } from './settings-document.ts'

/** The settings file once it is read and checked; no settings where there is no file or it has problems. */
export interface SettingsFile {
  /** As it was named; undefined where none was read. */
  readonly name: string | undefined
  readonly settings: FileSettings
  readonly details: SettingsDocument['details']
}

const defaultFile = 'config/production.yaml'

/**
 * Reads the file named in code, else by `SWARMWATCH_CONFIG`, else `config/production.yaml` where there is one. A named file that
 * is missing and whatever is wrong in it are added to `problems`.
 */
export function readSettingsFile(
  named: string | false | undefined,
  environment: Environment,
  readFile: (path: string) => string,
  problems: Problem[],
): SettingsFile {
  const none: SettingsFile = { name: undefined, settings: {}, details: new Map() }
  const inEnvironment = environment.plain('SWARMWATCH_CONFIG')?.text
  if (named === false) return none
  const variable = named === undefined ? inEnvironment : undefined
  const name = named ?? variable ?? defaultFile
  const isNamed = named !== undefined || variable !== undefined
  let text: string
  try {
    text = readFile(name)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'error'
    if (!isNamed && reason === 'ENOENT') return none
    const path = variable === undefined ? 'file' : 'SWARMWATCH_CONFIG'
    problems.push({ path, rule: `must name a file that can be read (${reason})`, value: shownValue(name) })
    return none
  }
  const before = problems.length
  const document = readSettingsDocument(name, text, environment, problems)
  if (document.value === undefined) return { ...none, name }
  const checked = fileSchema.safeParse(document.value)
  const found = [...fileProblems(name, document, checked.error?.issues ?? []), ...repeatedEntries(name, document)]
  // a value that was left out for its variable has been told already
  const told = new Set(problems.slice(before).map(({ path }) => path))
  problems.push(...found.filter(({ path }) => !told.has(path)))
  return { name, settings: checked.success ? checked.data : {}, details: document.details }
}
