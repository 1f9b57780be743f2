import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { publishedPackages } from '../release/workspace.ts'
import { embedded, recording, testing, typedConsumer } from './consumer-programs.ts'
import { consumerOf, installed, packPublished, published, type PackedPackage } from './packed-packages.ts'
import { examplesOf, runExample, runProgram, runScript, usersNode } from './run-in.ts'

let outside: string
let packed: PackedPackage[]
const packedAs = (name: string): PackedPackage => packed.find((each) => each.name === name)!

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'swarmwatch-packages-'))
  packed = await packPublished(outside)
})
afterAll(() => rm(outside, { recursive: true, force: true }))

test('every package that a release publishes is packed here', () => {
  const folders = publishedPackages(repositoryRoot).map(({ folder }) => basename(folder))
  expect([...published].toSorted()).toEqual(folders.toSorted())
})

describe.each(published)('@swarmwatch/%s, packed', (name) => {
  test('holds what runs, its README, its licence, and nothing else', () => {
    // of these folders, migrations/ holds what the bridge creates in PostgreSQL
    const others = packedAs(name).files.filter((file) => !/^(dist|bin)\/|^migrations\/\d{4}_\w+\.sql$/.test(file))
    expect(others).toEqual(['LICENSE', 'README.md', 'package.json'])
    // dist/files/ of the stack is what it writes
    expect(packedAs(name).files.filter((file) => !/\.(mjs|mjs\.map|d\.mts|sql)$|^dist\/files\//.test(file))).toEqual(others)
  })

  test('asks for versions that a registry knows', () => {
    const { dependencies, peerDependencies } = packedAs(name).manifest
    const versions = Object.values({ ...dependencies, ...peerDependencies }).flatMap((range) => range.split(' || '))
    expect(versions.filter((version) => !/^[\^~]?\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  // The package swarmwatch has a program only
  test.skipIf(name === 'cli')('runs the example of its README', async () => {
    const consumer = await consumerOf(packed, outside)
    const [example] = examplesOf(await readFile(join(packedAs(name).folder, 'README.md'), 'utf8'))
    const { status, output } = await runScript(consumer, 'example.mjs', example!)
    expect(status, output).toBe(0)
    expect({ status, output: withoutTimes(output) }).toMatchSnapshot()
  })
})

test.each(['README.md', 'docs/getting-started.md', 'docs/testing.md', 'docs/migration.md'])(
  'the examples of %s run',
  async (document) => {
    const consumer = await consumerOf(packed, outside)
    const outputs = []
    for (const [at, example] of examplesOf(await readFile(document, 'utf8')).entries()) {
      const { status, output } = await runExample(consumer, `example-${at}.ts`, example)
      expect(status, output).toBe(0)
      outputs.push(withoutTimes(output))
    }
    expect(outputs).toMatchSnapshot()
  },
)

test('docs/testing.md shows what its example prints for an assertion that fails', async () => {
  const document = await readFile('docs/testing.md', 'utf8')
  const [, message] = /^```\n(no run of [^]*?)^```$/m.exec(document)!
  const example = examplesOf(document).find((each) => each.includes('(error as Error).message'))
  const { output } = await runExample(await consumerOf(packed, outside), 'assertion.ts', example!)
  expect(output).toBe(message)
})

test('the short examples of packages/instrumentation/README.md run; tests of frameworks have the real client and query', async () => {
  const consumer = await consumerOf(packed, outside)
  const examples = examplesOf(await readFile('packages/instrumentation/README.md', 'utf8'))
  const setUp = {
    'AgentInstrumentation({ prices': "import { AgentInstrumentation } from '@swarmwatch/instrumentation'\n",
    instrumentMcpClient: 'class Client { callTool() {} }\n',
    claudeAgent: "async function* query() { yield { type: 'result' } }\n",
  }
  for (const [name, before] of Object.entries(setUp)) {
    const [example, ...others] = examples.filter((each) => each.includes(name))
    expect([name, others]).toEqual([name, []])
    const program = before + example!.replace("import { query } from '@anthropic-ai/claude-agent-sdk'\n", '')
    const { status, output } = await runScript(consumer, 'short.mjs', program)
    expect({ status, output }, name).toEqual({ status: 0, output: name === 'claudeAgent' ? 'result\n' : '' })
  }
})

test.each(['README.md', 'docs/getting-started.md'])(
  'the examples of %s run in a clone, with the command in the README',
  async (document) => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { try: string } }
    const [node, ...flags] = scripts.try.split(' ')
    expect([node, await readFile('README.md', 'utf8')]).toEqual([
      'node',
      expect.stringContaining('npx pnpm@12.21.0 try first.mts'),
    ])
    await mkdir('.vitest', { recursive: true })
    const folder = await mkdtemp(resolve('.vitest/examples-'))
    try {
      for (const [at, example] of examplesOf(await readFile(document, 'utf8')).entries()) {
        const { status, output } = await runExample(folder, `example-${at}.ts`, example, flags)
        expect(status, output).toBe(0)
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)

test('@swarmwatch/node installs with pnpm as it is: no install script, one release of OpenTelemetry, at most 25 packages', async () => {
  const consumer = await mkdtemp(join(outside, 'installed-'))
  const ours = Object.fromEntries(packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
  await writeFile(join(consumer, 'package.json'), '{ "private": true }')
  await writeFile(join(consumer, 'pnpm-workspace.yaml'), JSON.stringify({ overrides: ours, verifyDepsBeforeRun: false }))
  const { status, output } = await runProgram(consumer, 'npx', ['--yes', 'pnpm@12.21.0', 'add', packedAs('node').tarball])
  expect(status, output).toBe(0)
  const installed = (await readdir(join(consumer, 'node_modules/.pnpm'))).filter((name) => name.includes('@', 1))
  const copies = installed.flatMap((name) => /^@opentelemetry\+[^@]+/.exec(name)?.[0] ?? [])
  expect(copies.filter((name, at) => copies.indexOf(name) !== at)).toEqual([])
  expect(installed.length, installed.join(' ')).toBeLessThanOrEqual(25)
})

test('the program swarmwatch runs from the packed package', async () => {
  const consumer = await consumerOf(packed, outside)
  const program = join(consumer, 'node_modules/@swarmwatch/node/bin/swarmwatch.mjs')
  const { status, output } = await runProgram(consumer, usersNode, [program, 'config'])
  expect(status, output).toBe(0)
  expect(output).toContain('recovery')
})

test('a rule that fires reaches Slack through the bridge in the same process, where it is installed', async () => {
  const consumer = await consumerOf(packed, outside)
  const { status, output } = await runScript(consumer, 'embedded.mjs', embedded)
  expect(status, output).toBe(0)
  expect(output.split('\n').filter((line) => line.startsWith('told: '))).toEqual([
    expect.stringContaining('AlwaysWrong') as string,
  ])
})

const setUps = [
  {
    title: '@opentelemetry/api 1.9 with SDK 2.9',
    from: 'test/otel-2',
    traceSdk: '@opentelemetry/sdk-trace-base',
    provider: '(processor) => new trace.BasicTracerProvider({ spanProcessors: [processor] })',
    processor: '(exporter) => new trace.SimpleSpanProcessor(exporter)',
  },
  {
    title: '@opentelemetry/api 1.10 with SDK 3',
    from: 'packages/testing',
    traceSdk: '@opentelemetry/sdk-trace',
    provider: '(processor) => new trace.TracerProvider({ spanProcessors: [processor] })',
    processor: '(exporter) => new trace.SimpleSpanProcessor({ exporter })',
  },
] as const

describe.each(setUps)('with $title', ({ from, traceSdk, provider, processor }) => {
  const consumer = (): Promise<string> => {
    const names = ['api', 'context-async-hooks', 'sdk-metrics', 'sdk-trace'].map((name) => `@opentelemetry/${name}`)
    const openTelemetry = Object.fromEntries([...names, traceSdk].map((name) => [name, installed(from, name)]))
    return consumerOf([packedAs('sdk'), packedAs('testing'), packedAs('instrumentation')], outside, {
      ...openTelemetry,
      '@types/node': installed('', '@types/node'),
    })
  }

  test('the packed sdk retries and records its spans and metrics', async () => {
    const { status, output } = await runScript(await consumer(), 'record.mjs', recording(traceSdk, provider, processor))
    expect(status, output).toBe(0)
    expect(JSON.parse(output)).toEqual({
      result: 42,
      spans: ['attempt 1 in invoke_agent solver', 'attempt 2 in invoke_agent solver', 'invoke_agent solver in nothing'],
      succeeded: 1,
      retries: 1,
    })
  })

  test('@swarmwatch/testing, packed, records a run and runs the isolation suite', async () => {
    const { status, output } = await runScript(await consumer(), 'testing.mjs', testing)
    expect(status, output).toBe(0)
    expect(JSON.parse(output)).toEqual({
      waits: [5],
      spans: ['by hand', 'attempt 1', 'by hand', 'attempt 2', 'invoke_agent solver'],
      retries: 1,
      isolation: [
        { case: 'telemetry that works', surface: 'none', verdict: 'passed', what: '' },
        { case: 'a span processor throws in onStart', surface: 'span', verdict: 'passed', what: '' },
        { case: 'a view throws at each recording', surface: 'metric', verdict: 'passed', what: '' },
        { case: 'a listener throws', surface: 'hook', verdict: 'skipped', what: '' },
      ],
    })
  })

  test('a TypeScript consumer compiles against the packed types, libraries checked', async () => {
    const folder = await consumer()
    await runScript(folder, 'consumer.ts', typedConsumer)
    const flags =
      '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2024 --types node --skipLibCheck false'
    const tsc = join(installed('', 'typescript'), 'bin/tsc')
    expect(await runProgram(folder, process.execPath, [tsc, ...flags.split(' '), 'consumer.ts'])).toEqual({
      status: 0,
      output: '',
    })
  })
})

test('@swarmwatch/testing, packed, lists the packages to install if OpenTelemetry is missing', async () => {
  const consumer = await consumerOf([packedAs('sdk'), packedAs('testing')], outside)
  await rm(join(consumer, 'node_modules/@opentelemetry/sdk-trace'))
  const { status, output } = await runScript(
    consumer,
    'missing.mjs',
    `import { startTestTelemetry } from '@swarmwatch/testing'
    await startTestTelemetry().catch((error) => console.log(error.message))`,
  )
  expect({ status, output }).toEqual({
    status: 0,
    output:
      '@swarmwatch/testing needs the OpenTelemetry SDK, version 2.9 or newer: install @opentelemetry/sdk-trace, ' +
      '@opentelemetry/sdk-metrics and @opentelemetry/context-async-hooks\n',
  })
})

/** Output without what differs from run to run. */
function withoutTimes(output: string): string {
  return output
    .replaceAll(/\d+\.\d+ s/g, 'N s')
    .replaceAll(/\d+\.\d+ms|(?<=duration_ms )\d+\.\d+/g, 'N')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
}
