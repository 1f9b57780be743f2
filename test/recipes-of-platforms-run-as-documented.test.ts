import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { decodeTraces, type HttpServer, openHttpServer, type Program, startProgram } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { installPlatforms } from './install-packages.ts'
import { installed } from './packed-packages.ts'
import { examplesOf, runProgram } from './run-in.ts'

const page = await readFile('docs/recipes.md', 'utf8')
const whyNot = await installPlatforms()

// Where the packages of test/platforms are found
const folder = fileURLToPath(new URL('platforms/.vitest/recipes/', import.meta.url))
const sources = '--conditions=swarmwatch-source'
const register = '--import=@swarmwatch/node/register'

/** The examples of a section; the first section has the agent. */
function recipe(title: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`))
  if (section === undefined) throw new Error(`docs/recipes.md must have a section ${title}`)
  return examplesOf(section)
}

test('every section of the page with an example is run here', () => {
  const titles = page
    .split(/^## /m)
    .slice(1)
    .filter((text) => text.includes('```ts'))
    .map((text) => text.split('\n')[0])
  expect(titles).toEqual(['Express', 'Next.js', 'NestJS', 'Lambda', 'Workers'])
})

describe.skipIf(whyNot !== undefined)('docs/recipes.md', () => {
  let collector: HttpServer
  beforeAll(async () => {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(join(folder, 'agent.ts'), examplesOf(page.split(/^## /m)[0]!)[0]!)
    collector = await openHttpServer()
  })
  afterAll(() => collector[Symbol.asyncDispose]())

  const start = (args: readonly string[]): Program =>
    startProgram(process.execPath, [sources, ...args], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        MONITOR_PORT: '0',
        METRICS_PORT: '0',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      },
    })
  const runsReported = (): number =>
    collector.requests
      .filter(({ path }) => path === '/v1/traces')
      .flatMap(({ bytes }) => decodeTraces(bytes))
      .filter(({ name }) => name === 'invoke_agent summarizer').length

  test('Express: answers over HTTP, and exports the run before it ends', async () => {
    await writeFile(join(folder, 'server.ts'), recipe('Express')[0]!)
    const program = start([register, 'server.ts'])
    const [, port] = await program.printed(/listening on .*?port: (\d+)/s)
    await expectSummary(`http://127.0.0.1:${port}/summaries`, program, runsReported)
  })

  test('NestJS: answers over HTTP from an injected class, compiled by tsc, and exports the run before it ends', async () => {
    await writeFile(join(folder, 'main.ts'), recipe('NestJS')[0]!)
    const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata', '--outDir', 'dist']
    expect(await compile(['main.ts', ...decorators])).toEqual({ status: 0, output: '' })
    const program = start([register, 'dist/main.js'])
    const [, url] = await program.printed(/listening on (\S+)/)
    await expectSummary(`${url}/summaries`, program, runsReported)
  })

  test('Next.js: the set-up is the file that test:apps builds and starts, and the route answers a request', async () => {
    const [setUp, route] = recipe('Next.js')
    expect(setUp).toBe(await readFile('test/apps/programs/next/instrumentation.ts', 'utf8'))
    await writeFile(join(folder, 'route.ts'), route!)
    const ask = `import { POST } from './route.ts'
const response = await POST(new Request('http://127.0.0.1/', { method: 'POST', body: '{"text":"a long story of it"}' }))
console.log(await response.json())`
    await writeFile(join(folder, 'ask-route.ts'), ask)
    const program = start(['ask-route.ts'])
    expect({ ...(await program.ended), output: program.output() }).toEqual({
      code: 0,
      signal: null,
      output: "{ summary: 'a long story...' }\n",
    })
    expect(await compile(['route.ts', '--noEmit'])).toEqual({ status: 0, output: '' })
  })

  test('Lambda: each answer comes after the run is exported', async () => {
    await writeFile(join(folder, 'lambda.ts'), recipe('Lambda')[0]!)
    const before = runsReported()
    const invoke = `import { handler } from './lambda.ts'
console.log(await handler({ text: 'a long story of it' }))
setInterval(() => {}, 60_000)`
    await writeFile(join(folder, 'invoke.ts'), invoke)
    const program = start(['invoke.ts'])
    await program.printed(/summary: 'a long story\.\.\.'/)
    // The function is frozen after its answer
    expect(runsReported()).toBe(before + 1)
    program.kill('SIGKILL')
    await program.ended
    expect(await compile(['lambda.ts', '--noEmit'])).toEqual({ status: 0, output: '' })
  })

  test('Workers: finishes its jobs, ends on SIGTERM, and has exported every run', async () => {
    await writeFile(join(folder, 'worker.ts'), recipe('Workers')[0]!)
    const before = runsReported()
    const program = start(['worker.ts'])
    await program.printed(/working/)
    program.kill('SIGTERM')
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(runsReported()).toBeGreaterThan(before)
    expect(await compile(['worker.ts', '--noEmit'])).toEqual({ status: 0, output: '' })
  })
})

test.skipIf(whyNot !== undefined)(
  'the activity of docs/queues.md runs in the context of Temporal, and its errors decide on retries',
  async () => {
    const example = examplesOf(await readFile('docs/queues.md', 'utf8')).find((each) => each.includes('@temporalio/activity'))!
    const place = fileURLToPath(new URL('platforms/.vitest/temporal/', import.meta.url))
    await rm(place, { recursive: true, force: true })
    await mkdir(place, { recursive: true })
    await writeFile(join(place, 'package.json'), '{ "type": "module" }')
    await writeFile(join(place, 'activity.ts'), `${aroundActivity}${example}${runsOfActivity}`)
    const { status, output } = await runProgram(place, process.execPath, [sources, 'activity.ts'])
    expect([
      status,
      output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as object),
    ]).toEqual([
      0,
      [
        { result: 'reviewed' },
        { type: '429', nonRetryable: false, nextRetryDelay: 7000, cause: 'busy' },
        { result: 'reviewed' },
        { type: '401', nonRetryable: true, cause: 'no such key' },
      ],
    ])
  },
)

const aroundActivity = `import { asyncLocalStorage } from '@temporalio/activity'
import { errorType, instrumentAgent, recoveryOf } from '@swarmwatch/sdk'
let isBusy = true
async function reviewItem(item) {
  if (item === 'wrong') throw Object.assign(new Error('no such key'), { status: 401 })
  if (item === 'busy' && isBusy) {
    isBusy = false
    throw Object.assign(new Error('busy'), { status: 429, headers: { 'retry-after': '7' } })
  }
  return 'reviewed'
}
`

/** Runs the activity as a worker of Temporal does, in a context of its package. */
const runsOfActivity = `
async function attempt(item, number) {
  const info = { attempt: number, activityId: item, workflowExecution: { runId: 'run' }, retryPolicy: { maximumAttempts: 4 } }
  const context = Object.assign(Object.create(Context.prototype), {
    info: { ...info, scheduledTimestampMs: Date.now() },
    cancellationSignal: new AbortController().signal,
  })
  const result = await asyncLocalStorage.run(context, () => reviewActivity(item)).then(
    (value) => ({ result: value }),
    ({ type, nonRetryable, nextRetryDelay, cause }) => ({ type, nonRetryable, nextRetryDelay, cause: cause.message }),
  )
  console.log(JSON.stringify(result))
}
await attempt('fine', 1)
await attempt('busy', 1)
await attempt('busy', 2)
await attempt('wrong', 1)
`

async function expectSummary(url: string, program: Program, runsReported: () => number): Promise<void> {
  const before = runsReported()
  const body = JSON.stringify({ text: 'a long story of it' })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  expect(await response.json(), program.output()).toEqual({ summary: 'a long story...' })
  program.kill('SIGTERM')
  // As the signal ends it, or as the program does
  const { code, signal } = await program.ended
  expect([0, 143, 'SIGTERM'], program.output()).toContain(code ?? signal)
  expect(runsReported()).toBe(before + 1)
}

function compile(args: readonly string[]): ReturnType<typeof runProgram> {
  const tsc = join(installed('', 'typescript'), 'bin/tsc')
  const flags = ['--ignoreConfig', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', '--types', 'node']
  const target = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,esnext.disposable']
  const source = ['--customConditions', 'swarmwatch-source', '--allowImportingTsExtensions', '--rewriteRelativeImportExtensions']
  return runProgram(folder, process.execPath, [tsc, ...flags, ...target, ...source, ...args])
}
