/**
 * `pnpm mutate [group ...] [--option=value of Stryker ...]`: makes thousands of small changes in the pure files, runs the fast tests on
 * each, and writes the changes that no test noticed to docs/mutation.md. Without names it runs all groups. Exits with code 1 if a score
 * is too low or a group fails.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { wrapProse } from '../prose/wrap-prose.ts'
import { chosenGroups, filesOf, type Group, mutatedCode } from './groups.ts'
import { scoresOf, tooLow, withScores, type Report } from './scores.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const root = here('..')
const page = here('../docs/mutation.md')
const reportFile = here('.report/report.json')

// Stryker handles the interrupt and ends; then its copy of the code is removed
process.on('SIGINT', () => {})
try {
  mutateAll(process.argv.slice(2))
} catch (error) {
  console.error(`mutate: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

function mutateAll(words: readonly string[]): void {
  const options = words.filter((word) => word.startsWith('--'))
  const chosen = chosenGroups(words.filter((word) => !word.startsWith('--')))
  // Fails before the work, not after it, if the page has no place for the scores
  for (const { name } of chosen) withScores(readFileSync(page, 'utf8'), name, '')
  // A separate install (60 MB), so that others need not wait for it
  execFileSync('npx', ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--ignore-scripts'], {
    cwd: here('.'),
    stdio: 'inherit',
  })
  const low: string[] = []
  for (const group of chosen) {
    const report = mutate(group, options)
    const scores = wrapProse(`${versions()}\n\n${scoresOf(report)}`)
    writeFileSync(page, withScores(readFileSync(page, 'utf8'), group.name, scores))
    execFileSync('oxfmt', [page], { stdio: 'inherit' })
    low.push(...tooLow(report))
  }
  if (low.length > 0) throw new Error(`more than 85 % of the mutants of each file must be noticed, got ${low.join(', ')}`)
}

function mutate(group: Group, options: readonly string[]): Report {
  const { name, tests } = group
  // A report of an earlier run must not be read as the result of this one
  rmSync(reportFile, { force: true })
  const sandbox = `mutation/.sandbox-${process.pid}`
  const { status } = spawnSync(
    process.execPath,
    [
      here('node_modules/@stryker-mutator/core/bin/stryker.js'),
      'run',
      'mutation/stryker.config.json',
      `--mutate=${mutatedCode(group, root).join(',')}`,
      `--tempDirName=${sandbox}`,
      ...options,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, MUTATION_TESTS: filesOf(tests, root).join(',') } },
  )
  rmSync(new URL(`../${sandbox}`, import.meta.url), { recursive: true, force: true })
  if (status !== 0) throw new Error(`Stryker failed on group "${name}" for the reason above; its scores are unchanged`)
  return JSON.parse(readFileSync(reportFile, 'utf8')) as Report
}

function versions(): string {
  const versionOf = (name: string): string =>
    (JSON.parse(readFileSync(here(`node_modules/${name}/package.json`), 'utf8')) as { version: string }).version
  const today = new Date().toISOString().slice(0, 10)
  return `${today}, Stryker ${versionOf('@stryker-mutator/core')}, vitest ${versionOf('vitest')}, Node ${process.versions.node}.`
}
