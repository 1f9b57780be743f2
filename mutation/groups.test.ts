import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { chosenGroups, filesOf, groups, mutatedCode } from './groups.ts'
import { withScores } from './scores.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** `a/{b,c}.ts` as `a/b.ts` and `a/c.ts`. */
function patternsIn(pattern: string): string[] {
  const [, before = pattern, choices = '', after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(pattern) ?? []
  return choices.split(',').map((choice) => `${before}${choice}${after}`)
}

test('every file that a group names exists', () => {
  const missing = groups.flatMap(({ name, sources, tests }) =>
    [...sources, ...tests]
      .flatMap(patternsIn)
      .filter((pattern) => globSync(pattern, { cwd: root }).length === 0)
      .map((pattern) => `group "${name}" in mutation/groups.ts: ${pattern}`),
  )
  expect(missing).toEqual([])
})

test('docs/mutation.md has a place for the scores of every group', () => {
  const page = readFileSync(new URL('../docs/mutation.md', import.meta.url), 'utf8')
  for (const { name } of groups) expect(withScores(page, name, 'new')).toContain('new')
})

test('docs/mutation.md names exactly the groups whose score is missing in its table as not measured', () => {
  const page = readFileSync(new URL('../docs/mutation.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(.+?)` +\|(.+)\|$/gm)].map(([, name = '', cells = '']) => ({
    name,
    cells: cells.split('|'),
  }))
  expect(rows.map(({ name }) => name)).toEqual(groups.map(({ name }) => name))
  const missing = rows.filter(({ cells }) => cells.every((cell) => cell.trim() === '-')).map(({ name }) => name)
  const sentence = /^((?:`[^`]+`(?:,| and)?\s)+)(?:is|are) not measured yet/m.exec(page)?.[1] ?? ''
  expect([...sentence.matchAll(/`(.+?)`/g)].map(([, name]) => name)).toEqual(missing)
})

test('no file is in two groups', () => {
  const files = groups.flatMap(({ sources }) => filesOf(sources, root))
  expect(files).toEqual([...new Set(files)])
})

test('groups are chosen by their names, all without one', () => {
  expect(chosenGroups(['error type', 'recovery']).map(({ name }) => name)).toEqual(['recovery', 'error type'])
  expect(chosenGroups([])).toBe(groups)
})

test('a pattern that matches no file is refused', () => {
  expect(() => filesOf(['packages/*/package.json', 'packages/no-such-*.ts'], root)).toThrow(
    'a pattern of a group must match a file, got packages/no-such-*.ts',
  )
})

test('what a group leaves out is declared in its files', () => {
  for (const group of groups) expect(mutatedCode(group, root)).not.toHaveLength(0)
})

test('only the lines around a function that is left out are mutated', () => {
  const sources = ['mutation/groups.ts']
  const lines = readFileSync(new URL('groups.ts', import.meta.url), 'utf8').split('\n')
  const from = lines.findIndex((line) => line.startsWith('export function chosenGroups'))
  const to = lines.indexOf('}', from)
  expect(mutatedCode({ sources }, root)).toEqual(sources)
  expect(mutatedCode({ sources, without: ['chosenGroups'] }, root)).toEqual([
    `mutation/groups.ts:1-${from}`,
    `mutation/groups.ts:${to + 2}-${lines.length + 1}`,
  ])
  expect(() => mutatedCode({ sources, without: ['chosenGroup', 'filesOf'] }, root)).toThrow(
    'a group must leave out what its files declare, got chosenGroup',
  )
})

test('a group that is none ends the program in one line, before anything is done', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['mutation/mutate.ts', 'health', 'wealth'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^mutate: a group must be one of "recovery", "health", .*, got "wealth"\n$/)
})
