import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'
import { addPassedCommand, type CommandLine, type ExitCode } from '@swarmwatch/config/command-line'

/** Adds the commands that the project's own `@swarmwatch/node` runs, with its version and its options. */
export function addProjectCommands(line: CommandLine): void {
  for (const name of ['config', 'doctor', 'event', 'advise'] as const) {
    addPassedCommand(line, name, (words) => runOfProject([name, ...words]))
  }
}

function runOfProject(words: readonly string[]): ExitCode {
  const program = programOfProject(process.cwd())
  if (program === undefined) {
    throw new ConfigurationError([
      {
        path: '@swarmwatch/node',
        rule: 'is not installed in this folder; run npx swarmwatch init, or npm install @swarmwatch/node',
      },
    ])
  }
  const { status, error } = spawnSync(process.execPath, [program, ...words], { stdio: 'inherit' })
  if (error) throw error
  return status === 0 || status === 2 ? status : 1
}

/** The program of the `@swarmwatch/node` that a folder would import; undefined if none is installed. */
function programOfProject(folder: string): string | undefined {
  try {
    const file = createRequire(join(folder, 'package.json')).resolve('@swarmwatch/node/package.json')
    const program = join(dirname(file), 'bin', 'swarmwatch.mjs')
    return existsSync(program) ? program : undefined
  } catch {
    return undefined
  }
}
