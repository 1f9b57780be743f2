import { spawnSync } from 'node:child_process'

import { addPassedCommand, type CommandLine, type ExitCode, versionOf } from '@swarmwatch/config/command-line'

/**
 * Adds `init` and `secrets`, which are in the package `swarmwatch`: in a project with `@swarmwatch/node`, `npx swarmwatch` starts this
 * program, which starts that of its own version.
 */
export function addProjectSetupCommands(line: CommandLine): void {
  for (const name of ['init', 'secrets'] as const) {
    addPassedCommand(line, name, (words) => runPackage([name, ...words]))
  }
}

function runPackage(words: readonly string[]): ExitCode {
  const version = versionOf(new URL('../package.json', import.meta.url))
  // npx is a script on Windows, which only a shell starts; a shell would read the words, so only simple ones are passed
  const isShell = process.platform === 'win32'
  const unsafe = isShell ? words.find((word) => !/^[\w./=-]*$/.test(word)) : undefined
  if (unsafe !== undefined) {
    console.error(`swarmwatch: ${JSON.stringify(unsafe)} must be of letters, digits and "_./=-"`)
    return 2
  }
  const { status, error } = spawnSync('npx', ['--yes', `swarmwatch@${version}`, ...words], { stdio: 'inherit', shell: isShell })
  if (error) {
    console.error(`swarmwatch: npx could not be started (${error.message}); run npx swarmwatch@${version} ${words.join(' ')}`)
    return 1
  }
  return status === 0 || status === 2 ? status : 1
}
