import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

/** Imports that are allowed in the source files of each package. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  sdk: [],
  config: [],
  testkit: [],
  testing: ['sdk', 'sdk/names', 'sdk/health-score', 'sdk/stuck-run', 'sdk/instrumentation'],
  instrumentation: ['sdk', 'sdk/names', 'sdk/health-score', 'sdk/stuck-run', 'sdk/instrumentation'],
  'alert-bridge': ['config'],
  advisor: ['config'],
  secrets: ['config'],
  stack: [],
  cli: ['config', 'secrets', 'stack'],
  mixin: ['config', 'sdk/names', 'sdk/health-score'],
  node: ['config', 'sdk', 'sdk/names', 'sdk/health-score', 'sdk/stuck-run', 'sdk/instrumentation', 'instrumentation'],
  'agent-worker': ['config', 'sdk', 'sdk/names', 'sdk/health-score', 'sdk/stuck-run', 'sdk/instrumentation', 'node'],
}
const all = [
  'sdk',
  'sdk/names',
  'sdk/health-score',
  'sdk/stuck-run',
  'sdk/instrumentation',
  'instrumentation',
  'config',
  'node',
  'agent-worker',
  'alert-bridge',
  'advisor',
  'secrets',
  'stack',
  'cli',
  'mixin',
  'testing',
  'testkit',
]

/** Runs the linter with the settings of this repository on these files, and returns the paths of those that it rejects. */
function rejected(files: Readonly<Record<string, string>>): string[] {
  const folder = temporaryFolder()
  const settings = readFileSync(join(repositoryRoot, '.oxlintrc.json'), 'utf8')
  // Rules that read types would need the packages themselves
  writeFileSync(join(folder, '.oxlintrc.json'), settings.replace('"typeAware": true', '"typeAware": false'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const oxlint = join(repositoryRoot, 'node_modules/.bin/oxlint')
  const { stdout, stderr } = spawnSync(oxlint, ['--format=unix'], { cwd: folder, encoding: 'utf8' })
  if (!/^\d+ problems?$|^$/m.test(stdout)) throw new Error(stdout + stderr)
  return [...new Set(stdout.match(/^[^:\n]+(?=:\d+:\d+: )/gm) ?? [])].toSorted()
}

test('the linter rejects an import against the direction of the packages, and no other', () => {
  const packages = Object.entries(mayImport).flatMap(([name, allowed]) =>
    all
      .filter((other) => other.split('/')[0] !== name)
      .map((other) => ({
        name,
        other,
        isAllowed: allowed.includes(other),
        path: `packages/${name}/src/${other.replace('/', '-')}.ts`,
      })),
  )
  const files = packages.map(({ path, other }) => [path, `export * from '@swarmwatch/${other}'\n`])
  expect(rejected(Object.fromEntries(files))).toEqual(
    packages.flatMap(({ isAllowed, path }) => (isAllowed ? [] : path)).toSorted(),
  )
})

test('the linter rejects a benchmark that imports from tests', () => {
  const files = {
    'bench/src/a.ts': `export * from '../../test/stack/docker.ts'\n`,
    'bench/src/b.ts': `export * from '../../packages/mixin/test/engines/board-queries.ts'\n`,
    'bench/src/c.ts': `export * from '@swarmwatch/testkit'\n`,
  }
  expect(rejected(files)).toEqual(['bench/src/a.ts', 'bench/src/b.ts'])
})

test('the linter rejects an import between folders of agent-worker that goes past an index.ts or against the direction', () => {
  const source = (path: string): string => `packages/agent-worker/src/${path}`
  const files = {
    [source('swarm/index.ts')]: `export { model } from '../model-server/index.ts'\n`,
    [source('swarm/a.ts')]: `export * from '../model-server/script.ts'\n`,
    [source('swarm/b.ts')]: `export * from '../service/main.ts'\n`,
    [source('model-server/index.ts')]: `export const model = 1\n`,
    [source('service/a.ts')]:
      `export { model } from '../swarm/index.ts'\nexport { model as other } from '../model-server/index.ts'\n`,
    [source('service/b.ts')]: `export * from '../swarm/backlog.ts'\n`,
    [source('demo/a.ts')]: `export * from '../service/task-queue.ts'\n`,
  }
  expect(rejected(files)).toEqual(['demo/a.ts', 'service/b.ts', 'swarm/a.ts', 'swarm/b.ts'].map(source))
})

test('the linter rejects files whose types import each other', () => {
  const files = {
    'packages/config/src/a.ts': `import type { B } from './b.ts'\nexport type A = B[]\n`,
    'packages/config/src/b.ts': `import type { A } from './a.ts'\nexport type B = A[]\n`,
    'packages/config/src/c.ts': `import type { A } from './a.ts'\nexport type C = A[]\n`,
  }
  expect(rejected(files)).toEqual(['packages/config/src/a.ts', 'packages/config/src/b.ts'])
})
