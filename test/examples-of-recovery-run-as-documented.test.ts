import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { installed } from './packed-packages.ts'
import { examplesOf, runExample, runProgram } from './run-in.ts'

const sources = ['--conditions=swarmwatch-source']
let folder: string
beforeAll(async () => {
  await mkdir('.vitest', { recursive: true })
  folder = await mkdtemp(resolve('.vitest/recovery-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each([
  { document: 'packages/sdk/README.md', prefix: 'sdk', extension: 'mjs' },
  { document: 'docs/best-practices.md', prefix: 'practice', extension: 'mts' },
])('$document', ({ document, prefix, extension }) => {
  test('each example runs, and prints what its comments promise', async () => {
    const examples = examplesOf(await readFile(document, 'utf8'))
    const printed = await Promise.all(
      examples.map(async (example, at) => {
        const { status, output } = await runExample(folder, `${prefix}-${at}.${extension}`, example, sources)
        return { at, status, missing: promised(example).filter((line) => !output.split('\n').includes(line)), output }
      }),
    )
    expect(printed.filter(({ status, missing }) => status !== 0 || missing.length > 0)).toEqual([])
  })
})

test('the examples of docs/best-practices.md compile with strict types', async () => {
  const checked = join(folder, 'types')
  await mkdir(checked)
  const examples = examplesOf(await readFile('docs/best-practices.md', 'utf8'))
  const files = examples.map((_, at) => `practice-${at}.mts`)
  for (const [at, example] of examples.entries()) await writeFile(join(checked, files[at]!), example)
  const flags = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--skipLibCheck',
  ]
  const target = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,esnext.disposable', '--types', 'node']
  const source = ['--customConditions', 'swarmwatch-source', '--allowImportingTsExtensions']
  const tsc = join(installed('', 'typescript'), 'bin/tsc')
  expect(await runProgram(checked, process.execPath, [tsc, ...flags, ...target, ...source, ...files])).toEqual({
    status: 0,
    output: '',
  })
})

/** Output that the comments behind `console.log()` promise. */
function promised(example: string): string[] {
  return [...example.matchAll(/^console\.log\(.*\) \/\/ (.+)$/gm)].map(([, text]) => text!)
}
