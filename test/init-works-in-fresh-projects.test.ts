import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { eventually, freePort, startProgram, whyNoEngines, type Program } from '@swarmwatch/testkit'
import { answer, openModelProvider } from '@swarmwatch/testkit/providers'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

import { openPackageRegistry, type PackageRegistry } from './package-registry.ts'
import { packPublished } from './packed-packages.ts'

const noEngines = whyNoEngines('otel-collector', 'prometheus', 'alertmanager', 'alert-bridge')

const execute = promisify(execFile)
let below: string
let registry: PackageRegistry

beforeAll(async () => {
  below = mkdtempSync(join(tmpdir(), 'swarmwatch-init-'))
  registry = await openPackageRegistry(await packPublished(below), { host: '0.0.0.0' })
})

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  rmSync(below, { recursive: true, force: true })
})

/** A project under version control, with what `npm install` makes of it. */
async function projectWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(below, name)
  for (const [path, text] of Object.entries({ '.gitignore': 'node_modules\n.next\ndist\n.env.local\n', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund')
  await run(folder, 'git', 'init', '--quiet')
  await run(folder, 'git', 'add', '--all')
  await run(folder, 'git', '-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=before')
  return folder
}

/** Environment of a user whose registry has our packages; `npx` has a cache of its own. */
function environment(): NodeJS.ProcessEnv {
  // Certificates and proxies of this machine are needed, and what the test runner sets is not
  const { NODE_ENV: _, NODE_OPTIONS: __, NODE_COMPILE_CACHE: ___, VITEST: ____, PATH, ...inherited } = process.env
  return {
    ...inherited,
    PATH: `${dirname(process.execPath)}:${PATH}`,
    npm_config_registry: registry.url,
    npm_config_cache: join(below, 'npm-cache'),
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
    // The lock file is for containers, too, where the registry has another address
    npm_config_omit_lockfile_registry_resolved: 'true',
  }
}

/** Runs a program to its end; the registry of this process answers meanwhile. */
async function run(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { cwd, env: environment(), timeout: 400_000, maxBuffer: 50_000_000 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** Files that version control sees as changed or new, and what is left in the folder of the stack. */
async function leftIn(folder: string): Promise<readonly string[]> {
  const status = (await run(folder, 'git', 'status', '--short', '--untracked-files=all')).split('\n').filter(Boolean)
  const modules = join(folder, 'node_modules/@swarmwatch')
  return [
    ...status,
    ...(existsSync(join(folder, 'swarmwatch')) ? ['swarmwatch/'] : []),
    ...(existsSync(modules) ? readdirSync(modules) : []),
  ]
}

/** Asks a server until it answers with 200; returns the text. */
function answered(url: string, program: Program): Promise<string> {
  return eventually(
    `an answer of ${url}`,
    async () => {
      const response = await fetch(url).catch(() => undefined)
      return response?.ok ? response.text() : undefined
    },
    { withinMs: 120_000, everyMs: 200 },
  ).catch((error: unknown) => {
    throw new Error(program.output(), { cause: error })
  })
}

/** Starts `npm run SCRIPT` of a project, without a Collector, until its only run is seen in /metrics and on the status page. */
async function expectOneRun(folder: string, script: string): Promise<void> {
  const [port, page, metrics] = await Promise.all([freePort(), freePort(), freePort()])
  const env = {
    ...environment(),
    PORT: String(port),
    MONITOR_PORT: String(page),
    METRICS_PORT: String(metrics),
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_EXPORTER: 'none',
  }
  const app = startProgram('npm', ['run', script], { cwd: folder, env, isGroup: true })
  try {
    expect(await answered(`http://127.0.0.1:${port}/`, app)).toContain('Hello, Ada')
    expect(await answered(`http://127.0.0.1:${page}/api/executions`, app)).toContain('"greeter"')
    expect(await answered(`http://127.0.0.1:${metrics}/metrics`, app)).toMatch(
      /^agent_executions_total\{[^}]*agent_name="greeter"[^}]*outcome="success"[^}]*\} [1-9]/m,
    )
  } finally {
    app.kill('SIGTERM')
    await app.ended
  }
}

const agent = "const greet = instrumentAgent(async (name) => 'Hello, ' + name, { name: 'greeter' })"

test.concurrent('init in a plain project: metrics and status page without a change of code, and --remove leaves nothing', async () => {
  const folder = await projectWith('plain', {
    'package.json': '{ "name": "plain", "private": true, "type": "module", "scripts": { "start": "node main.js" } }\n',
    'main.js': `import { createServer } from 'node:http'
const { instrumentAgent } = await import('@swarmwatch/sdk')
${agent}
createServer(async (request, response) => response.end(await greet('Ada'))).listen(process.env.PORT)
`,
  })
  await run(folder, 'npx', '--yes', 'swarmwatch', 'init', '--yes')
  // No warnings about engines, deprecated packages or peers
  const { stderr } = await execute('npm', ['ci'], { cwd: folder, env: environment() })
  expect(stderr).toBe('')
  await expectOneRun(folder, 'start')
  // The program of @swarmwatch/node passes it on to that of swarmwatch
  expect(await run(folder, 'npx', 'swarmwatch', 'init', '--yes')).toContain('Nothing to change.')
  expect(await run(folder, 'npx', '--yes', 'swarmwatch@latest', 'config')).toContain('Settings file: ')
  await run(folder, 'npx', 'swarmwatch', 'init', '--remove', '--yes')
  expect(await leftIn(folder)).toEqual([])
}, 600_000)

test.concurrent('init in a NestJS project started by the Nest CLI', async () => {
  const folder = await projectWith('nest', {
    'package.json': JSON.stringify({
      name: 'nest-api',
      private: true,
      scripts: { start: 'nest start' },
      dependencies: {
        '@nestjs/common': '12.5.1',
        '@nestjs/core': '12.5.1',
        '@nestjs/platform-express': '12.5.1',
        'reflect-metadata': '0.2.2',
        rxjs: '7.8.2',
      },
      devDependencies: { '@nestjs/cli': '^12.0.0', '@types/node': '^24', typescript: '5.9.3' },
    }),
    'nest-cli.json': '{ "sourceRoot": "src" }',
    'tsconfig.json':
      '{ "compilerOptions": { "module": "nodenext", "target": "es2023", "outDir": "dist", "rootDir": "src", "types": ["node"], "experimentalDecorators": true, "emitDecoratorMetadata": true, "skipLibCheck": true }, "include": ["src"] }',
    'src/main.ts': `import 'reflect-metadata'
import { Controller, Get, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { instrumentAgent } from '@swarmwatch/sdk'
const greet = instrumentAgent(async (name: string) => 'Hello, ' + name, { name: 'greeter' })
@Controller()
class Greetings {
  @Get()
  answer() { return greet('Ada') }
}
@Module({ controllers: [Greetings] })
class App {}
void NestFactory.create(App, { logger: false }).then((app) => app.listen(process.env.PORT!))
`,
  })
  await run(folder, 'npx', '--yes', 'swarmwatch', 'init', '--yes')
  await expectOneRun(folder, 'start')
  await run(folder, 'npx', '--yes', 'swarmwatch@latest', 'init', '--remove', '--yes')
  expect(await leftIn(folder)).toEqual([])
}, 600_000)

test.concurrent('init in a Next.js project', async () => {
  const folder = await projectWith('next', {
    'package.json': JSON.stringify({
      name: 'next-app',
      private: true,
      scripts: { build: 'next build', start: 'next start' },
      dependencies: { next: nextVersion(), react: '^19.0.0', 'react-dom': '^19.0.0' },
    }),
    'app/layout.jsx': 'export default ({ children }) => <html lang="en"><body>{children}</body></html>\n',
    'app/page.jsx': `import { instrumentAgent } from '@swarmwatch/sdk'
export const dynamic = 'force-dynamic'
${agent}
export default async () => <p>{await greet('Ada')}</p>
`,
  })
  await run(folder, 'npx', '--yes', 'swarmwatch', 'init', '--yes')
  await run(folder, 'npm', 'run', 'build')
  await expectOneRun(folder, 'start')
  await run(folder, 'npx', '--yes', 'swarmwatch@latest', 'init', '--remove', '--yes')
  expect(await leftIn(folder)).toEqual([])
}, 600_000)

/** The version that the tests of real applications have. */
function nextVersion(): string {
  const text = readFileSync(new URL('apps/programs/next/package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies['next']!
}

test.skipIf(noEngines !== undefined)(
  'three commands in an Express project: the first trace and metric are in the stack, and after --remove git diff is empty',
  async () => {
    const timed = async <Result>(what: string, step: () => Promise<Result>): Promise<Result> => {
      const startMs = performance.now()
      const result = await step()
      console.log(`${((performance.now() - startMs) / 1000).toFixed(1)} s  ${what}`)
      return result
    }
    const folder = await timed('npm install express openai, git commit', () =>
      projectWith('express', {
        'package.json':
          '{ "name": "shop", "private": true, "scripts": { "start": "node server.js" }, "dependencies": { "express": "^5.0.0", "openai": "^7.0.0" } }\n',
        // No line of Swarmwatch in it
        'server.js': `const express = require('express')
const { OpenAI } = require('openai')
const client = new OpenAI({ apiKey: process.env.OPENAI_API_KEY ?? 'none', maxRetries: 0 })
const app = express()
app.get('/', async (request, response) => {
  const answer = await client.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] })
  response.send(answer.choices[0].message.content)
})
app.listen(process.env.PORT)
`,
      }),
    )
    await timed('npx swarmwatch init --yes', () => run(folder, 'npx', '--yes', 'swarmwatch', 'init', '--yes'))

    // Ports of this machine, which other tests use too, and the registry as containers reach it
    const [grafana, grpc, http, appPort] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
    const address = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)!.address
    setVariables(join(folder, 'swarmwatch/.env.production'), {
      MONITOR_PORT: grafana,
      OTLP_GRPC_PORT: grpc,
      OTLP_HTTP_PORT: http,
      APP_PORT: appPort,
      NPM_CONFIG_REGISTRY: `http://${address}:${registry.port}`,
    })
    setVariables(join(folder, 'swarmwatch/app.env'), {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`,
      MONITOR_PORT: 0,
    })
    // Jaeger, the trace store, has no image on a machine without its registry: the Collector prints the spans that arrive, too
    const collector = join(folder, 'swarmwatch/collector/otelcol/config.yaml')
    const written = readFileSync(collector, 'utf8')
    const printing = written.replace('exporters: [otlp_grpc/traces]', 'exporters: [otlp_grpc/traces, debug/logs]')
    expect(printing).not.toBe(written)
    writeFileSync(collector, printing)

    const compose = (...args: readonly string[]): Promise<string> =>
      run(folder, 'docker', 'compose', '--project-directory', 'swarmwatch', '--profile', 'app', ...args)
    onTestFinished(async () => {
      if (existsSync(join(folder, 'swarmwatch/compose.yaml'))) await compose('down', '--volumes', '--rmi=local')
    })
    const stack = ['otel-collector', 'prometheus', 'alertmanager', 'alert-bridge', 'advisor']
    const up = ['up', '--pull=never', '--no-deps', '--detach', '--wait', '--wait-timeout=300']
    console.log('left out: Grafana and Jaeger, whose images are not on a machine without their registry')
    await timed('docker compose build', () => compose('build', ...stack))
    await timed('docker compose up --detach --wait', () => compose(...up, ...stack))

    await using provider = await openModelProvider(() => answer('Hello, Ada'))
    const port = await freePort()
    const env = {
      ...environment(),
      PORT: String(port),
      METRICS_PORT: '0',
      OPENAI_API_KEY: 'x',
      OPENAI_BASE_URL: provider.openaiUrl,
    }
    const client = '--http.config.file=/etc/prometheus/client.yaml'
    const query = ['exec', '-T', 'prometheus', 'promtool', 'query', 'instant', client, 'http://127.0.0.1:9090']
    await timed('npm start, to the first trace and metric', async () => {
      const app = startProgram('npm', ['start'], { cwd: folder, env, isGroup: true })
      try {
        expect(await answered(`http://127.0.0.1:${port}/`, app)).toBe('Hello, Ada')
        await Promise.all([
          untilIn('the trace in the Collector', () => compose('logs', 'otel-collector'), 'chat gpt-5-mini'),
          untilIn(
            'the metric in Prometheus',
            () => compose(...query, 'gen_ai_client_inference_duration_seconds{job="swarmwatch/shop"}'),
            'gpt-5-mini',
          ),
        ])
      } finally {
        app.kill('SIGTERM')
        await app.ended
      }
    })
    expect(await compose('logs', 'otel-collector')).toContain('service.name: Str(shop)')

    // The service as a container of the stack
    await timed('docker compose --profile app build app', () => compose('build', 'app'))
    await timed('docker compose --profile app up app', () => compose(...up, 'app'))
    expect(await compose('logs', 'app')).toContain('[TELEMETRY]')
    await expect(run(folder, 'npx', 'swarmwatch', 'init', '--remove', '--yes')).rejects.toThrow(
      /has \d containers; remove them and their data first/,
    )
    await timed('docker compose down --volumes', () => compose('down', '--volumes', '--rmi=local'))
    writeFileSync(collector, written)
    await timed('npx swarmwatch init --remove', () => run(folder, 'npx', 'swarmwatch', 'init', '--remove', '--yes'))
    expect(await leftIn(folder)).toEqual([])
    expect(await run(folder, 'git', 'diff')).toBe('')
  },
  900_000,
)

function untilIn(what: string, read: () => Promise<string>, words: string): Promise<true> {
  return eventually(what, async () => ((await read()).includes(words) ? true : undefined), { withinMs: 120_000, everyMs: 200 })
}

function setVariables(file: string, values: Readonly<Record<string, string | number>>): void {
  const text = Object.entries(values).reduce(
    (current, [name, value]) => current.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`),
    readFileSync(file, 'utf8'),
  )
  writeFileSync(file, text)
}
