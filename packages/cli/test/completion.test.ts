import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { repositoryRoot } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { describe, expect, test } from 'vitest'

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const programs = { cli, node: `${repositoryRoot}packages/node/src/cli.ts` }

function completed(program: string, ...words: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(process.execPath, ['--conditions=swarmwatch-source', program, 'complete', '--', ...words], {
    encoding: 'utf8',
  })
  return stdout.split('\n').flatMap((line) => line.split('\t')[0] || [])
}

test.each<[readonly string[], readonly string[]]>([
  [[''], ['init', 'secrets', 'config', 'doctor', 'event', 'advise', 'completion', 'help']],
  [['do'], ['doctor']],
  [['--v'], ['--version']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [
    ['init', '--f'],
    ['--force', '--folder'],
  ],
  [['init', '--force', '--f'], ['--folder']],
  // Files are expected
  [['init', '--folder', ''], []],
  [['init', ''], []],
])('after %j, the words are %j', (words, expected) => {
  expect(completed(cli, ...words)).toEqual(expected)
})

test.each(['init', 'secrets', 'config', 'doctor', 'event'])('both programs complete the same options of %s', (command) => {
  const [one, other] = Object.values(programs).map((program) => completed(program, command, '--'))
  expect(one!.length).toBeGreaterThan(1)
  expect(one!.toSorted()).toEqual(other!.toSorted())
})

test('both programs print the same help', () => {
  const [one, other] = Object.values(programs).map(
    (program) => spawnSync(process.execPath, ['--conditions=swarmwatch-source', program, '--help'], { encoding: 'utf8' }).stdout,
  )
  expect(one).toContain('\n  init ')
  expect(one!.split('\n').toSorted()).toEqual(other!.split('\n').toSorted())
})

const shells = {
  bash: ['bash', '--norc', '--noprofile', '-i'],
  zsh: ['zsh', '-f', '-i'],
  fish: ['fish', '--no-config', '--interactive'],
} as const

describe.each(Object.entries(shells))('in %s', (name, [shell, ...options]) => {
  const isMissing = spawnSync(shell, ['--version']).error !== undefined || spawnSync('script', ['--version']).error !== undefined
  if (isMissing) console.log(`skipped: completion in ${name}, which is not on this machine`)

  test.skipIf(isMissing)('the Tab key completes commands, options and choices', () => {
    const folder = temporaryFolder()
    // Answers completions as the real program, and prints what it would run
    writeFileSync(
      join(folder, 'swarmwatch'),
      `#!/bin/sh
case "$1" in
  complete|completion) exec ${process.execPath} --conditions=swarmwatch-source ${cli} "$@" ;;
  *) echo "RUNS[$*]" ;;
esac
`,
    )
    chmodSync(join(folder, 'swarmwatch'), 0o755)
    const load = {
      bash: 'source <(swarmwatch completion bash)',
      zsh: 'autoload -U compinit && compinit -D && source <(swarmwatch completion zsh)',
      fish: 'swarmwatch completion fish | source',
    }[name]!
    if (name === 'bash') {
      // The line of docs/init.md writes the same into the file that an interactive bash reads
      const [line] = /^echo 'source .*$/m.exec(readFileSync(`${repositoryRoot}docs/init.md`, 'utf8'))!
      spawnSync('bash', ['-c', line], { env: { HOME: folder } })
      expect(readFileSync(join(folder, '.bashrc'), 'utf8')).toBe(`${load}\n`)
    }
    const typed = `${load}\nswarmwatch completion fi\t\nswarmwatch doc\t\nswarmwatch doctor --js\t\nswarmwatch init --dry-run --upd\t\nexit\n`
    const { stdout } = spawnSync('script', ['--quiet', '--return', '--command', [shell, ...options].join(' '), '/dev/null'], {
      input: typed,
      encoding: 'utf8',
      env: { PATH: [folder, dirname(process.execPath), process.env['PATH']].join(delimiter), TERM: 'dumb', HOME: folder },
      timeout: 120_000,
    })
    expect(stdout).toContain('RUNS[doctor]')
    expect(stdout).toContain('RUNS[doctor --json]')
    expect(stdout).toContain('RUNS[init --dry-run --update]')
  })
})
