import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/** Variables of an application as its start scripts set them. */
export interface ScriptEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The files that were read, relative to the folder of the application. */
  readonly files: readonly string[]
}

/**
 * The environment that the application in `cwd` has when a script of its package.json starts it: `env`, completed from the files of
 * `--env-file` and `--env-file-if-exists` in the scripts that load `@swarmwatch/node/register`, and from `.env.local` and `.env` if it
 * depends on Next.js. A variable that is set in `env` wins, then that of the file that is read first. A file that does not exist is
 * skipped.
 */
export function scriptEnvironment(cwd: string, env: Readonly<Record<string, string | undefined>>): ScriptEnvironment {
  const { scripts, dependencies } = packageFile(cwd)
  const named = Object.values(scripts)
    .filter((script) => loadsRegister(script))
    .flatMap((script) => [...script.matchAll(/--env-file(?:-if-exists)?[=\s]["']?([^\s"']+)/g)].map(([, file]) => file!))
  const wanted = new Set([...named, ...('next' in dependencies ? ['.env.local', '.env'] : [])])
  const read = [...wanted].flatMap((file) => {
    const variables = variablesIn(join(cwd, file))
    return variables === undefined ? [] : [{ file, variables }]
  })
  const all: Record<string, string | undefined> = { ...env }
  for (const { variables } of read) for (const [name, value] of Object.entries(variables)) all[name] ??= value
  return { env: all, files: read.map(({ file }) => file) }
}

/** Names of the scripts in the package.json of the application that load `@swarmwatch/node/register`. */
export function scriptsWithRegister(cwd: string): string[] {
  return Object.entries(packageFile(cwd).scripts).flatMap(([name, script]) => (loadsRegister(script) ? [name] : []))
}

/** Whether arguments of Node, in one text, load `@swarmwatch/node/register`. */
export function loadsRegister(words: string): boolean {
  return /(?:^|\s)--import[=\s]\S*@?swarmwatch\/node\/(?:src\/|dist\/)?register\b/.test(words)
}

function packageFile(cwd: string): Readonly<Record<'scripts' | 'dependencies', Readonly<Record<string, string>>>> {
  try {
    const { scripts = {}, dependencies = {} } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as {
      readonly scripts?: Readonly<Record<string, string>>
      readonly dependencies?: Readonly<Record<string, string>>
    }
    return { scripts, dependencies }
  } catch {
    // None, or one that npm reports better
    return { scripts: {}, dependencies: {} }
  }
}

function variablesIn(file: string): Readonly<Record<string, string | undefined>> | undefined {
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
