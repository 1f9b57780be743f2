import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

import { readChangesets, releasedChangelog, sharedVersion, withVersion } from './version.ts'
import { workspacePackages, publishedPackages } from './workspace.ts'
import { projectLinks } from './write-links.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

test('all packages share one version, also the root, and pnpm raises them together', () => {
  const { versioning } = parse(read('pnpm-workspace.yaml')) as { versioning: { fixed: string[][] } }
  const names = workspacePackages(root).map(({ name }) => name)
  expect(versioning.fixed.map((group) => group.toSorted())).toEqual([names.toSorted()])
  const versions = [...workspacePackages(root), JSON.parse(read('package.json')) as { version: string }].map(
    ({ version }) => version,
  )
  expect(new Set(versions)).toEqual(new Set([sharedVersion(root)]))
})

test('a published package is listed after those that it depends on', () => {
  const names = publishedPackages(root).map(({ name }) => name)
  expect(names.indexOf('@swarmwatch/sdk')).toBeLessThan(names.indexOf('@swarmwatch/node'))
  expect(names.indexOf('@swarmwatch/config')).toBeLessThan(names.indexOf('@swarmwatch/alert-bridge'))
})

test.each(publishedPackages(root))('$name links to the project as release/project.json states', ({ folder }) => {
  expect(JSON.parse(read(`${folder}/package.json`))).toMatchObject(projectLinks(folder))
})

test('only the version of Swarmwatch is replaced in a file', () => {
  const before = [
    'image: swarmwatch/alert-bridge:0.1.0',
    'npm install @swarmwatch/node@0.1.0 @other/node@0.1.0',
    '"@swarmwatch/sdk": "^0.1.0", "other": "^0.1.0"',
    "export const version = '0.1.0'",
    'appVersion: 0.1.0',
    'verify swarmwatch-sdk-0.1.0.tgz of @swarmwatch/sdk 0.1.0',
    'conventions/0.1.0 and swarmwatch/advisor:0.1.01',
  ]
  expect(withVersion(before.join('\n'), '0.1.0', '1.2.3').split('\n')).toEqual([
    'image: swarmwatch/alert-bridge:1.2.3',
    'npm install @swarmwatch/node@1.2.3 @other/node@0.1.0',
    '"@swarmwatch/sdk": "^1.2.3", "other": "^0.1.0"',
    "export const version = '1.2.3'",
    'appVersion: 1.2.3',
    'verify swarmwatch-sdk-1.2.3.tgz of @swarmwatch/sdk 1.2.3',
    'conventions/0.1.0 and swarmwatch/advisor:0.1.01',
  ])
})

test('a release takes what is not released, and puts the newest release first', () => {
  const first = releasedChangelog('# Changelog\n\n## Unreleased\n\n- feat: a\n', '0.1.0', '2026-12-01', [])
  expect(first).toBe('# Changelog\n\n## 0.1.0 (2026-12-01)\n\n- feat: a\n')
  const lines = [
    { type: 'fix', text: 'c' },
    { type: 'breaking', text: 'b' },
  ] as const
  expect(releasedChangelog(first, '0.2.0', '2027-01-01', lines)).toBe(
    '# Changelog\n\n## 0.2.0 (2027-01-01)\n\n- breaking: b\n- fix: c\n\n## 0.1.0 (2026-12-01)\n\n- feat: a\n',
  )
})

test('all problems of all changesets are reported at once', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, '.changeset'))
  writeFileSync(join(folder, '.changeset/a.md'), 'feat: without front matter\n')
  writeFileSync(join(folder, '.changeset/b.md'), '---\n"@swarmwatch/sdk": patch\n---\n\nsomething\n')
  writeFileSync(join(folder, '.changeset/c.md'), '---\n"@swarmwatch/sdk": patch\n---\n')
  expect(() => readChangesets(folder)).toThrow(
    [
      '.changeset/a.md must begin with front matter between two lines of ---; write it with pnpm change',
      '.changeset/b.md: each change must begin with "breaking: ", "feat: " or "fix: ", got "something"',
      '.changeset/c.md: each change must begin with "breaking: ", "feat: " or "fix: ", got ""',
    ].join('\n'),
  )
})

test('every changeset of the repository has typed lines', () => {
  expect(() => readChangesets(root)).not.toThrow()
})

test('pnpm release --help shows what it does without doing it', () => {
  const output = execFileSync(process.execPath, ['release/release.ts', '--help'], { cwd: root, encoding: 'utf8' })
  expect(output).toContain('pnpm release --dry-run')
})
