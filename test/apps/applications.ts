import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { eventually, freePort } from '@swarmwatch/testkit'
import { answer as answerOf, openModelProvider, toolCalls } from '@swarmwatch/testkit/providers'
import { expect } from 'vitest'

import { expectCleanEnd, expectServed, expectTelemetry, type Trial, type TrialNeeds } from './trial.ts'

/** A real application that is tried with the packed packages. */
export interface Application extends TrialNeeds {
  /** Also tried in CI; the others by `pnpm test:apps`. */
  readonly isShort?: true
  /** Description of the application, for the table in the docs. */
  readonly what: string
  /** Description of the check, for the table in the docs. */
  readonly checked: string
  attempt(trial: Trial): Promise<void>
}

const registered = ['--import', '@swarmwatch/node/register']
const greeter = { 'greeter.mjs': 'greeter.mjs' }
const answer = /^Hello, Ada$/m

/** All of them. */
export const applications: readonly Application[] = [
  {
    name: 'express',
    isShort: true,
    what: 'Express, `--import @swarmwatch/node/register`',
    checked: 'retry, OTLP, `/metrics`, page; SIGTERM flushes',
    packages: ['sdk', 'node'],
    files: greeter,
    attempt: (trial) => attemptServer(trial, process.execPath, [...registered, 'main.mjs']),
  },
  {
    name: 'nest',
    what: 'NestJS with shutdown hooks, TypeScript compiled by tsc',
    checked: 'retry in an injected class, OTLP, `/metrics`, page; SIGTERM flushes and runs the hooks of Nest',
    packages: ['sdk', 'node'],
    async attempt(trial) {
      await trial.run('node_modules/.bin/tsc', [])
      await attemptServer(trial, process.execPath, [...registered, 'dist/main.js'])
    },
  },
  {
    name: 'next',
    what: 'Next.js, production build by Turbopack and by webpack, `instrumentation.ts`, a route that streams, a route with AI SDK and MCP',
    checked:
      'both builds without the alert bridge; retry before the first chunk, OTLP, `/metrics`, page; SIGTERM flushes; the numbers of the server of the model',
    packages: ['sdk', 'node', 'instrumentation'],
    async attempt(trial) {
      for (const bundler of ['--turbopack', '--webpack']) {
        await trial.run('node_modules/.bin/next', ['build', bundler])
        const port = await freePort()
        await attemptServer(trial, 'node_modules/.bin/next', ['start', '--hostname', '127.0.0.1', '--port', String(port)], {
          readyLine: /Ready in/,
          url: `http://127.0.0.1:${port}`,
        })
        await expectAsked(trial, async (env) => {
          const program = trial.start('node_modules/.bin/next', ['start', '--hostname', '127.0.0.1', '--port', String(port)], {
            env,
          })
          await program.printed(/Ready in/)
          const response = await fetch(`http://127.0.0.1:${port}/ask`)
          const text = await response.text()
          program.kill('SIGTERM')
          await program.ended
          return `${text}\n${program.output()}`
        })
      }
    },
  },
  {
    name: 'commonjs',
    isShort: true,
    what: 'CommonJS: `require()` of both packages',
    checked: 'retry, OTLP, ends by itself',
    packages: ['sdk', 'node'],
    attempt: (trial) => attemptProgram(trial, ['main.cjs']),
  },
  {
    name: 'esbuild',
    isShort: true,
    what: 'esbuild, as ES module and as CommonJS, minified',
    checked: 'starts away from `node_modules`, reads `config/production.yaml`; retry, OTLP, page, ends by itself',
    packages: ['sdk', 'node'],
    files: { ...greeter, 'main.mjs': 'bundled.mjs' },
    async attempt(trial) {
      for (const [format, ending] of [
        ['esm', 'mjs'],
        ['cjs', 'cjs'],
      ]) {
        const flags = ['--bundle', '--minify', '--platform=node', `--format=${format}`, `--outfile=dist/main.${ending}`]
        await trial.run('node_modules/.bin/esbuild', ['main.mjs', ...flags])
        await attemptBundle(trial, `main.${ending}`)
      }
    },
  },
  {
    name: 'webpack',
    what: 'webpack, production mode',
    checked: 'as with esbuild',
    packages: ['sdk', 'node'],
    files: { ...greeter, 'main.mjs': 'bundled.mjs' },
    async attempt(trial) {
      await trial.run('node_modules/.bin/webpack', [])
      await attemptBundle(trial, 'main.cjs')
    },
  },
  {
    name: 'rollup',
    what: 'rollup with its plugins for Node',
    checked: 'as with esbuild',
    packages: ['sdk', 'node'],
    files: { ...greeter, 'main.mjs': 'bundled.mjs' },
    async attempt(trial) {
      await trial.run('node_modules/.bin/rollup', ['--config', 'rollup.config.mjs'])
      await attemptBundle(trial, 'main.mjs')
    },
  },
  {
    name: 'cluster',
    what: '`node:cluster` with two workers, `register` in each',
    checked: 'both workers send by OTLP, each as its own instance, and log that the port is in use; all end by themselves',
    packages: ['sdk', 'node'],
    files: greeter,
    async attempt({ run, sink }) {
      const output = await run(process.execPath, [...registered, 'main.mjs'])
      expect(output.match(/^worker \d ended with 0$/gm), output).toHaveLength(2)
      expect(output.match(/^Hello, Ada$/gm), output).toHaveLength(2)
      expect(output.match(/METRICS_PORT \d+ is taken/g), output).toHaveLength(2)
      await expectTelemetry(sink)
      expect(instancesOf(sink.bodies('/v1/traces'))).toHaveLength(2)
    },
  },
  {
    name: 'worker-threads',
    isShort: true,
    what: 'a worker thread, `register` in both',
    checked: 'the run of the thread is exported by OTLP; the program ends by itself',
    packages: ['sdk', 'node'],
    files: greeter,
    attempt: (trial) => attemptProgram(trial, [...registered, 'main.mjs']),
  },
  {
    name: 'bullmq',
    what: 'BullMQ with a real Redis',
    checked: 'a job is retried inside its processor and completes; OTLP, ends by itself',
    packages: ['sdk', 'node'],
    files: greeter,
    async attempt(trial) {
      const port = String(await freePort())
      const redis = trial.start('redis-server', ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', trial.folder])
      await redis.printed(/Ready to accept connections/)
      await attemptProgram(trial, [...registered, 'main.mjs'], { REDIS_PORT: port })
    },
  },
  {
    name: 'opentelemetry-2',
    what: 'OpenTelemetry SDK 2 with all auto-instrumentations, with `@swarmwatch/sdk`; with `AgentInstrumentation`, AI SDK and MCP',
    checked: 'retry, spans and metrics through that SDK; one `traceparent` per request; the numbers of the server of the model',
    packages: ['sdk', 'instrumentation'],
    files: Object.fromEntries(
      ['ask.cjs', 'modules.mjs', 'early.mjs', 'in-a-list.mjs'].map((file) => [file, `frameworks/${file}`]),
    ),
    async attempt(trial) {
      await attemptOpenTelemetry(trial, ['--import', './telemetry.mjs'])
      await expectAsked(trial, (env) => trial.run(process.execPath, ['--import', './in-a-list.mjs', 'early.mjs'], { env }))
    },
  },
  {
    name: 'opentelemetry-3',
    what: 'OpenTelemetry SDK 3 with all auto-instrumentations, alone and before and after `register`',
    checked: 'retry, OTLP; one `traceparent` per request in each order',
    packages: ['sdk', 'node'],
    async attempt(trial) {
      await attemptOpenTelemetry(trial, ['--import', './telemetry.mjs'])
      await attemptOpenTelemetry(trial, ['--import', './telemetry.mjs', ...registered])
      await attemptOpenTelemetry(trial, [...registered, '--import', './telemetry.mjs'])
    },
  },
  {
    name: 'sentry',
    what: 'Sentry, started before and after, with and without `enableOpenTelemetrySetup`',
    checked:
      'retry, metrics by OTLP, errors reach Sentry; spans go to the SDK that registered first with OpenTelemetry; ends by itself',
    packages: ['sdk', 'node'],
    files: greeter,
    async attempt({ run, sink }) {
      const dsn = sink.url.replace('http://', 'http://key@')
      const [attempts, projects] = [['sentry', 'swarmwatch'] as const, ['own', 'none'] as const]
      for (const [index, [first, setUp]] of attempts
        .flatMap((each) => projects.map((other) => [each, other] as const))
        .entries()) {
        const [spansBefore, project] = [spansOf(sink.bodies('/v1/traces')), `/${index + 1}`]
        const output = await run(process.execPath, ['main.mjs', first, setUp], { env: { SENTRY_DSN: `${dsn}${project}` } })
        expect(output).toMatch(answer)
        const envelopes = sink.bodies(`/api${project}/envelope/`)
        expect(envelopes).toContain('for Sentry alone')
        const isSentrys = first === 'sentry' && setUp === 'own'
        expect(envelopes.includes('invoke_agent greeter'), `${first} ${setUp}: spans in Sentry`).toBe(isSentrys)
        expect(spansOf(sink.bodies('/v1/traces')) - spansBefore, `${first} ${setUp}: spans by OTLP`).toBe(isSentrys ? 0 : 1)
      }
      expect(sink.bodies('/v1/metrics')).toContain('agent.retries')
    },
  },
  {
    name: 'frameworks',
    isShort: true,
    what:
      'AI SDK and an MCP client and server: ES modules and CommonJS, before and after `startTelemetry()`, in a minified bundle, in two ' +
      'copies, in a worker thread, with `AgentInstrumentation` in a NodeSDK',
    checked: 'tokens, model calls and tool calls of the run equal those of the server of the model',
    packages: ['sdk', 'node', 'instrumentation'],
    async attempt(trial) {
      type Run = Parameters<typeof expectAsked>[1]
      const node =
        (...args: string[]): Run =>
        (env) =>
          trial.run(process.execPath, args, { env })
      await expectAsked(trial, node(...registered, 'early.mjs'))
      await expectAsked(trial, node('late.mjs'))
      await expectAsked(trial, node(...registered, 'early.cjs'))
      await expectAsked(trial, node('late.cjs'))
      await expectAsked(trial, node(...registered, 'copies.mjs'), 2)
      await expectAsked(trial, node(...registered, 'worker.mjs'))
      for (const file of ['in-a-list.mjs', 'registered.mjs']) await expectAsked(trial, node('--import', `./${file}`, 'early.mjs'))
      for (const format of ['esm', 'cjs']) {
        const file = `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`
        const flags = ['--bundle', '--minify', '--platform=node', `--format=${format}`, `--outfile=dist/${file}`]
        // For the CommonJS modules among the dependencies of the frameworks
        const banner = "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
        await trial.run('node_modules/.bin/esbuild', ['bundled.mjs', ...flags, ...(format === 'esm' ? [banner] : [])])
        const away = join(trial.folder, '..', `frameworks-bundle-${format}`)
        await cp(join(trial.folder, 'dist'), away, { recursive: true })
        await expectAsked(trial, (env) => trial.run(process.execPath, [file], { cwd: away, env }))
      }
    },
  },
  {
    name: 'langfuse',
    isShort: true,
    what: "Langfuse's span processor with its default filter",
    checked: 'Langfuse receives every model call, its attempt, and the run',
    packages: ['sdk', 'node'],
    async attempt({ run, sink }) {
      const output = await run(process.execPath, ['main.mjs'], { env: { LANGFUSE_URL: sink.url } })
      expect(output).toMatch(answer)
      const spans = langfuseSpans(sink)
      const pathOf = (span: LangfuseSpan | undefined): string =>
        span ? `${pathOf(spans.find(({ spanId }) => spanId === span.parentSpanId))}/${span.name}` : ''
      expect(spans.map(pathOf).toSorted()).toEqual([
        '/invoke_agent greeter',
        '/invoke_agent greeter/attempt 1',
        '/invoke_agent greeter/attempt 1/model call',
        '/invoke_agent greeter/attempt 2',
        '/invoke_agent greeter/attempt 2/model call',
      ])
    },
  },
  {
    name: 'vitest',
    what: '`@swarmwatch/testing` under vitest, with fake timers',
    checked: 'the test passes and describes the run',
    packages: ['sdk', 'testing'],
    files: greeter,
    async attempt({ run }) {
      expect(await run('node_modules/.bin/vitest', ['run'])).toMatch(/1 passed/)
    },
  },
  {
    name: 'jest',
    isShort: true,
    what: '`@swarmwatch/testing` under jest, with fake timers',
    checked: 'as with vitest',
    packages: ['sdk', 'testing'],
    files: greeter,
    async attempt({ run }) {
      const output = await run('node_modules/.bin/jest', [], { env: { NODE_OPTIONS: '--experimental-vm-modules' } })
      expect(output).toMatch(/1 passed/)
    },
  },
  {
    name: 'node-test',
    isShort: true,
    what: '`@swarmwatch/testing` under `node:test`, with fake timers',
    checked: 'as with vitest',
    packages: ['sdk', 'testing'],
    files: greeter,
    async attempt({ run }) {
      expect(await run(process.execPath, ['--test'])).toMatch(/pass 1$/m)
    },
  },
  {
    name: 'mocha',
    what: '`@swarmwatch/testing` under Mocha, with the fake timers of Sinon',
    checked: 'as with vitest',
    packages: ['sdk', 'testing'],
    files: greeter,
    async attempt({ run }) {
      expect(await run('node_modules/.bin/mocha', ['greeter.test.mjs'])).toMatch(/1 passing/)
    },
  },
  {
    name: 'bun-test',
    what: "`@swarmwatch/testing` under Bun's test runner",
    checked: 'as with vitest',
    packages: ['sdk', 'testing'],
    files: greeter,
    async attempt({ run }) {
      expect(await run('node_modules/.bin/bun', ['test'])).toMatch(/1 pass/)
    },
  },
  {
    name: 'bun',
    what: 'Bun',
    checked: 'retry, OTLP, page, ends by itself',
    packages: ['sdk', 'node'],
    files: { ...greeter, 'main.mjs': 'one-shot.mjs' },
    attempt: (trial) => attemptOneShot(trial, 'node_modules/.bin/bun', ['run', 'main.mjs']),
  },
  {
    name: 'deno',
    what: 'Deno',
    checked: 'retry, OTLP, page, ends by itself',
    packages: ['sdk', 'node'],
    files: { ...greeter, 'main.mjs': 'one-shot.mjs' },
    attempt: (trial) => attemptOneShot(trial, 'node_modules/.bin/deno', ['run', '--allow-all', 'main.mjs']),
  },
]

/** A server that answers `/greet`, until SIGTERM. */
async function attemptServer(
  trial: Trial,
  command: string,
  args: readonly string[],
  { readyLine = /listening on (http\S+)/, url }: { readonly readyLine?: RegExp; readonly url?: string } = {},
): Promise<void> {
  trial.sink.forget()
  const program = trial.start(command, args)
  const [, printedUrl] = await program.printed(readyLine)
  expect(await (await fetch(`${url ?? printedUrl}/greet`)).text()).toBe('Hello, Ada')
  await expectServed(trial)
  await expectCleanEnd(trial, program)
}

/** A program that greets and ends. */
async function attemptProgram(trial: Trial, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<void> {
  const output = await trial.run(process.execPath, args, env && { env })
  expect(output).toMatch(answer)
  await expectTelemetry(trial.sink)
}

/** Runs a program that asks a model on loopback; the spans of its `runs` runs must equal what that model has received and billed. */
async function expectAsked(
  trial: Trial,
  run: (env: Readonly<Record<string, string>>) => Promise<string>,
  runs = 1,
): Promise<void> {
  await using provider = await openModelProvider(({ json }) =>
    JSON.stringify(json).includes('"role":"tool"') ? answerOf('sunny') : toolCalls({ name: 'look', input: { place: 'Bern' } }),
  )
  trial.sink.forget()
  const output = await run({ OPENAI_BASE_URL: provider.openaiUrl })
  expect(output.match(/^sunny$/gm), output).toHaveLength(runs)
  const spans = await eventually('the spans of the runs', () => {
    const sent = trial.sink.spans()
    return sent.filter(({ name }) => name === 'invoke_agent asker').length === runs && sent
  })
  const roots = spans.filter(({ name }) => name === 'invoke_agent asker')
  const { inputTokens, outputTokens } = provider.billed()
  const sumOf = (key: string): number => roots.reduce((sum, { attributes }) => sum + Number(attributes[key]), 0)
  const names = spans.map(({ name, kind }) => `${name} ${kind}`)
  const countOf = (name: string): number => names.filter((each) => each === name).length
  expect(
    {
      inputTokens: sumOf('gen_ai.usage.input_tokens'),
      outputTokens: sumOf('gen_ai.usage.output_tokens'),
      modelCalls: sumOf('swarmwatch.model.calls'),
      toolCalls: sumOf('swarmwatch.tool.calls'),
      chats: countOf('chat gpt-4.1 client'),
      looks: countOf('execute_tool look internal'),
      forecasts: countOf('tools/call forecast client'),
    },
    output,
  ).toEqual({
    inputTokens,
    outputTokens,
    modelCalls: provider.requests.length,
    toolCalls: 2 * runs,
    chats: provider.requests.length,
    looks: runs,
    forecasts: runs,
  })
}

async function attemptOneShot(trial: Trial, command: string, args: readonly string[]): Promise<void> {
  const output = await trial.run(command, args)
  expect(output).toMatch(answer)
  expect(output).toMatch(/^200 true$/m)
  await expectTelemetry(trial.sink)
}

/** A bundle in `dist/`, moved to where no package is installed, with a settings file. */
async function attemptBundle(trial: Trial, file: string): Promise<void> {
  const away = join(trial.folder, '..', `${trial.folder.split('/').at(-1)}-bundle-${file}`)
  await mkdir(join(away, 'config'), { recursive: true })
  await writeFile(join(away, 'config/production.yaml'), 'recovery:\n  max_retries: 2\n')
  await cp(join(trial.folder, 'dist'), away, { recursive: true })
  trial.sink.forget()
  const output = await trial.run(process.execPath, [file], { cwd: away })
  expect(output).toMatch(/^Hello, Ada 2$/m)
  expect(output).toMatch(/^200 true$/m)
  await expectTelemetry(trial.sink)
}

async function attemptOpenTelemetry(trial: Trial, flags: readonly string[]): Promise<void> {
  trial.sink.forget()
  const output = await trial.run(process.execPath, [...flags, 'main.mjs'])
  expect(output).toMatch(answer)
  expect(output, flags.join(' ')).toMatch(/^traceparents 1 1$/m)
  await expectTelemetry(trial.sink)
}

interface LangfuseSpan {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
}

/** Langfuse sends OTLP as JSON. */
function langfuseSpans({ received }: Trial['sink']): LangfuseSpan[] {
  interface Request {
    readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly LangfuseSpan[] }[] }[]
  }
  return received
    .filter(({ path }) => path === '/api/public/otel/v1/traces')
    .flatMap(({ body }) => (JSON.parse(body) as Request).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
}

/** How many runs of the greeter are among spans in protobuf. */
function spansOf(body: string): number {
  return body.split('invoke_agent greeter').length - 1
}

/** The instance ids among resources in protobuf. */
function instancesOf(body: string): string[] {
  return [...new Set([...body.matchAll(/service\.instance\.id.{2,8}?([0-9a-f-]{36})/gs)].map(([, id]) => id!))]
}
