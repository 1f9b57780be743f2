import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { addPassedCommand, asJson, type CommandLine, type ExitCode, swarmwatchCommands } from '@swarmwatch/config/command-line'

const projectCommands = ['config', 'doctor', 'event', 'advise'] as const
type ProjectCommand = (typeof projectCommands)[number]

/** Adds the commands that the project's own `@swarmwatch/node` runs, with its version and its options. */
export function addProjectCommands(line: CommandLine): void {
  for (const name of projectCommands) {
    addPassedCommand(line, name, (words) => runOfProject(name, words))
  }
}

function runOfProject(name: ProjectCommand, words: readonly string[]): ExitCode {
  const program = programOfProject(process.cwd())
  if (program === undefined) {
    const cure = 'run npx swarmwatch init, or npm install @swarmwatch/node'
    if (words.includes('--help') || words.includes('-h')) {
      console.log(
        `Usage: swarmwatch ${name} [options]\n\n${swarmwatchCommands[name]}\n\nIts options are listed once @swarmwatch/node is installed in this folder: ${cure}`,
      )
      return 0
    }
    const rule = `is not installed in this folder; ${cure}`
    if (words.includes('--json')) console.log(asJson({ problems: [{ path: '@swarmwatch/node', rule }] }))
    else console.error(`swarmwatch: @swarmwatch/node ${rule}`)
    return 2
  }
  const { status, error } = spawnSync(process.execPath, [program, name, ...words], { stdio: 'inherit' })
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
