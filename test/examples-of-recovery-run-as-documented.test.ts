import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { installed } from './packed-packages.ts'
import { type Ended, examplesOf, runExample, runProgram } from './run-in.ts'

const sources = ['--conditions=swarmwatch-source']
let folder: string
beforeAll(async () => {
  await mkdir('.vitest', { recursive: true })
  folder = await mkdtemp(resolve('.vitest/recovery-'))
  // Only the package that has an entry point for it has it installed
  await mkdir(join(folder, 'node_modules/@openfeature'), { recursive: true })
  const openFeature = '@openfeature/server-sdk'
  await symlink(installed('packages/sdk', openFeature), join(folder, 'node_modules', openFeature))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each([
  { document: 'packages/sdk/README.md', prefix: 'sdk', extension: 'mjs' },
  { document: 'docs/best-practices.md', prefix: 'practice', extension: 'mts' },
  { document: 'docs/concepts.md', prefix: 'concept', extension: 'mts' },
  { document: 'docs/experiments.md', prefix: 'experiment', extension: 'mts' },
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

test.each(['best-practices', 'concepts', 'experiments'])('the examples of docs/%s.md compile with strict types', async (page) => {
  const examples = examplesOf(await readFile(`docs/${page}.md`, 'utf8'))
  const files = Object.fromEntries(examples.map((example, at) => [`example-${at}.mts`, example]))
  expect(await compile(page, files)).toEqual({ status: 0, output: '' })
})

test('the workers of docs/queues.md that other tests run compile with strict types', async () => {
  const workers = examplesOf(await readFile('docs/queues.md', 'utf8')).filter((example) => example.includes("'./orders.ts'"))
  expect(workers).toHaveLength(3)
  const files = {
    ...Object.fromEntries(workers.map((example, at) => [`worker-${at}.mts`, example])),
    'orders.ts': await readFile('test/queues/orders.ts', 'utf8'),
    // It has no types of its own
    'pg.d.ts': "declare module 'pg'",
  }
  expect(await compile('workers', files)).toEqual({ status: 0, output: '' })
})

test('the first example of docs/queues.md makes one attempt for each call, with strict types', async () => {
  const [review] = examplesOf(await readFile('docs/queues.md', 'utf8'))
  const program = `import { instrumentAgent } from '@swarmwatch/sdk'
interface Job { readonly id: string; readonly attempt: number; readonly maxAttempts: number }
const reviewItem = async (job: Job) => {
  if (job.attempt < 3) throw new Error('busy')
  return job.attempt
}
${review}
const attempts = [1, 2, 3].map((attempt) => ({ id: 'a', attempt, maxAttempts: 3 }))
for (const job of attempts) console.log(await review(job).catch((error: Error) => error.message))
`
  expect(await compile('first-queue', { 'review.mts': program })).toEqual({ status: 0, output: '' })
  const { status, output } = await runExample(folder, 'first-queue.mts', program, sources)
  expect([status, output.split('\n').filter((line) => !line.startsWith('['))]).toEqual([0, ['busy', 'busy', '3', '']])
})

async function compile(name: string, files: Readonly<Record<string, string>>): Promise<Ended> {
  const checked = join(folder, name)
  await mkdir(checked)
  for (const [file, text] of Object.entries(files)) await writeFile(join(checked, file), text)
  const flags = ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck']
  const target = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,esnext.disposable', '--types', 'node']
  const source = ['--customConditions', 'swarmwatch-source', '--allowImportingTsExtensions']
  const tsc = join(installed('', 'typescript'), 'bin/tsc')
  return runProgram(checked, process.execPath, [tsc, ...flags, ...target, ...source, ...Object.keys(files)])
}

/** Output that the comments behind `console.log()` promise. */
function promised(example: string): string[] {
  return [...example.matchAll(/^console\.log\(.*\) \/\/ (.+)$/gm)].map(([, text]) => text!)
}
