/**
 * `pnpm mutate [group ...] [--option of Stryker ...]`: changes the pure files in thousands of small ways, runs the fast tests on each, and
 * writes to docs/mutation.md which changes no test noticed. Without names all groups.
 */
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { groups, type Group } from './groups.ts'
import { scoresOf, withScores, type Report } from './scores.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const root = here('..')
const page = here('../docs/mutation.md')

const names = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const options = process.argv.slice(2).filter((word) => word.startsWith('--'))
for (const name of names) {
  if (!groups.some((group) => group.name === name)) {
    throw new Error(`a group must be one of ${groups.map((group) => group.name).join(', ')}, got ${name}`)
  }
}

// An install of its own (60 MB), so that others need not wait for it
execFileSync('npx', ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--ignore-scripts'], {
  cwd: here('.'),
  stdio: 'inherit',
})
for (const group of groups) {
  if (names.length > 0 && !names.includes(group.name)) continue
  const scores = `${versions()}\n\n${scoresOf(mutate(group))}`
  writeFileSync(page, withScores(readFileSync(page, 'utf8'), group.name, scores))
}
execFileSync('oxfmt', [page], { stdio: 'inherit' })

function mutate({ sources, tests }: Group): Report {
  execFileSync(
    process.execPath,
    [
      here('node_modules/@stryker-mutator/core/bin/stryker.js'),
      'run',
      'mutation/stryker.config.json',
      `--mutate=${filesOf(sources)}`,
      ...options,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, MUTATION_TESTS: filesOf(tests) } },
  )
  return JSON.parse(readFileSync(here('.report/report.json'), 'utf8')) as Report
}

function filesOf(patterns: readonly string[]): string {
  return globSync([...patterns], { cwd: root })
    .toSorted()
    .join(',')
}

function versions(): string {
  const versionOf = (name: string): string =>
    (JSON.parse(readFileSync(here(`node_modules/${name}/package.json`), 'utf8')) as { version: string }).version
  const today = new Date().toISOString().slice(0, 10)
  return `${today}, Stryker ${versionOf('@stryker-mutator/core')}, vitest ${versionOf('vitest')}, Node ${process.versions.node}.`
}
