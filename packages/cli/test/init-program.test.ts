import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

import { repositoryVersion } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { readRecord, writeRecord } from '../src/init/record.ts'

const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const options = '--env-file-if-exists=swarmwatch/app.env --import @swarmwatch/node/register'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program in a project, without a terminal. */
function swarmwatch(cwd: string, ...args: readonly string[]): Promise<Ended> {
  const { PATH } = process.env
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=swarmwatch-source', program, ...args],
      { cwd, env: { PATH } },
      (error, stdout, stderr) => resolve({ code: (error?.code as number | undefined) ?? 0, stdout, stderr }),
    )
  })
}

const init = (cwd: string, ...args: readonly string[]): Promise<Ended> =>
  swarmwatch(cwd, 'init', '--yes', '--no-install', ...args)

/** A project with these files. */
function projectWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** The content of every file by its path. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !statSync(join(folder, path)).isDirectory(),
  )
  return Object.fromEntries(entries.toSorted().map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}

const express = {
  'package.json': `${JSON.stringify({ name: '@acme/Shop_API', scripts: { start: 'node server.js' }, dependencies: { express: '^5.0.0', ai: '^7.0.0' } }, undefined, 2)}\n`,
  'server.js': 'serve()\n',
}

test('init writes the stack and the start script of an Express project, and --remove leaves what was there', async () => {
  const folder = projectWith(express)
  const before = contentOf(folder)
  const { code, stdout, stderr } = await init(folder)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('Framework        express ^5.0.0\nAgents           AI SDK\nOpenTelemetry    none\n')
  expect(stdout).toContain(`+    "start": "node ${options} server.js"`)
  const { scripts, dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as typeof manifest
  const manifest = { scripts: {} as Record<string, string>, dependencies: {} as Record<string, string> }
  expect({ scripts, dependencies }).toEqual({
    scripts: { start: `node ${options} server.js` },
    dependencies: {
      '@opentelemetry/api': '^1.9.0',
      '@swarmwatch/node': `^${repositoryVersion}`,
      '@swarmwatch/sdk': `^${repositoryVersion}`,
      ai: '^7.0.0',
      express: '^5.0.0',
    },
  })
  expect(readFileSync(join(folder, 'swarmwatch/compose.yaml'), 'utf8')).toContain('\nname: shop-api-swarmwatch\n')
  expect(readFileSync(join(folder, 'swarmwatch/app.env'), 'utf8')).toContain('OTEL_SERVICE_NAME=shop-api\n')
  expect(readFileSync(join(folder, 'swarmwatch/.secrets/otlp_token'), 'utf8')).toMatch(/^[\w-]{43}$/)
  expect(statSync(join(folder, 'swarmwatch/.secrets')).mode & 0o777).toBe(0o700)

  const removed = await init(folder, '--remove')
  expect([removed.code, removed.stderr]).toEqual([0, ''])
  expect(contentOf(folder)).toEqual(before)
})

test.each([
  ['a Dockerfile', { Dockerfile: 'FROM node:24\nCOPY . .\n' }, '.dockerignore', ''],
  ['a .dockerignore', { '.dockerignore': 'node_modules' }, '.dockerignore', 'node_modules\n'],
  [
    'a Dockerfile with an ignore file of its own',
    { Dockerfile: 'FROM node:24\n', 'Dockerfile.dockerignore': '.git\n' },
    'Dockerfile.dockerignore',
    '.git\n',
  ],
])('images of the project do not contain the secrets of the stack: %s', async (_, files, path, kept) => {
  const folder = projectWith({ ...express, ...files })
  const before = contentOf(folder)
  expect((await init(folder)).code).toBe(0)
  expect(readFileSync(join(folder, path), 'utf8')).toBe(
    `${kept}# Secrets and settings of this machine\nswarmwatch/.secrets\nswarmwatch/.env*\nswarmwatch/app.env\n`,
  )
  expect((await init(folder)).stdout).toContain('Nothing to change.')
  await init(folder, '--remove')
  expect(contentOf(folder)).toEqual(before)
})

test('a .dockerignore that leaves out the whole folder stays as it is', async () => {
  const folder = projectWith({ ...express, '.dockerignore': '/swarmwatch/\n' })
  await init(folder)
  expect(readFileSync(join(folder, '.dockerignore'), 'utf8')).toBe('/swarmwatch/\n')
})

const hasScript = spawnSync('script', ['--version']).status === 0
if (!hasScript) console.log('skipped the colours on a terminal: this machine has no program script (util-linux)')

test.skipIf(!hasScript).each([
  ['a terminal', { TERM: 'xterm-256color' }, true, true],
  ['a terminal, with NO_COLOR', { TERM: 'xterm-256color', NO_COLOR: '1' }, true, false],
  ['a terminal without colours', { TERM: 'dumb' }, true, false],
  ['a pipe', { TERM: 'xterm-256color' }, false, false],
  ['a pipe, with FORCE_COLOR', { TERM: 'xterm-256color', FORCE_COLOR: '1' }, false, true],
])('colours are for terminals, NO_COLOR and FORCE_COLOR decide otherwise: %s', (_, variables, isTerminal, hasColours) => {
  const words = [process.execPath, '--conditions=swarmwatch-source', program, 'init', '--dry-run']
  const command = words.map((word) => `'${word}'`).join(' ')
  const [file, args]: [string, string[]] = isTerminal
    ? ['script', ['--quiet', '--return', '--command', command, '/dev/null']]
    : ['sh', ['-c', command]]
  const { status, stdout } = spawnSync(file, args, {
    cwd: projectWith(express),
    env: { PATH: process.env['PATH'], ...variables },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  expect([status, stripVTControlCharacters(stdout).includes('compose.yaml')]).toEqual([0, true])
  expect(stdout.includes('\u001B[')).toBe(hasColours)
})

test('--no-stack adds the dependencies and the option of the start script, no stack, and --remove leaves what was there', async () => {
  const folder = projectWith({ ...express, Dockerfile: 'FROM node:24\nCOPY . .\n' })
  const before = contentOf(folder)
  const { code, stdout, stderr } = await init(folder, '--no-stack')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).not.toMatch(/docker compose|\.secrets|Grafana/)
  expect(stdout).toContain('\n+ swarmwatch/.init/  the record for --update and --remove\n')
  expect(stdout).toContain('Status page http://127.0.0.1:8080/')
  expect(stdout).toContain('set OTEL_EXPORTER_OTLP_ENDPOINT to the address of your Collector')
  const now = contentOf(folder)
  expect(Object.keys(now).filter((path) => now[path] !== before[path])).toEqual([
    'package.json',
    'swarmwatch/.init/README.md',
    'swarmwatch/.init/written.json.gz',
  ])
  expect(now['package.json']).toContain('"start": "node --import @swarmwatch/node/register server.js"')

  const again = await init(folder)
  expect([again.code, again.stdout.includes('Nothing to change.')]).toEqual([0, true])
  expect(again.stdout).toContain(
    'note  this project has no stack (--no-stack); to add it, run npx swarmwatch init --remove, then npx swarmwatch init',
  )
  const updated = await init(folder, '--update')
  expect([updated.code, updated.stdout.includes('Nothing to change.')]).toEqual([0, true])
  expect(contentOf(folder)).toEqual(now)

  expect((await init(folder, '--remove')).code).toBe(0)
  expect(contentOf(folder)).toEqual(before)
})

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  [
    'Next.js',
    { 'package.json': '{ "name": "web", "scripts": { "dev": "next dev" }, "dependencies": { "next": "16.0.0" } }' },
    ['instrumentation.js', 'package.json'],
  ],
  [
    'a NodeSDK of its own',
    {
      'package.json':
        '{ "name": "api", "type": "module", "scripts": { "start": "node --import ./otel.mjs app.js" }, "dependencies": { "@opentelemetry/sdk-node": "0.301.0" } }',
      'otel.mjs': "import { NodeSDK } from '@opentelemetry/sdk-node'\nnew NodeSDK({ serviceName: 'api' }).start()\n",
    },
    ['otel.mjs', 'package.json'],
  ],
])('--no-stack in a project with %s changes no more than its code and package.json', async (_, files, expected) => {
  const folder = projectWith(files)
  const { code, stdout, stderr } = await init(folder, '--no-stack')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).not.toMatch(/127\.0\.0\.1:4318|otlp_token/)
  const now = contentOf(folder)
  const changed = Object.keys(now).filter((path) => now[path] !== files[path])
  expect(changed.filter((path) => !path.startsWith('swarmwatch/.init/'))).toEqual(expected)
  await init(folder, '--remove')
  expect(contentOf(folder)).toEqual(files)
})

test('the next steps name the status page only where the process has one', async () => {
  const withPage = await init(projectWith(express))
  expect(withPage.stdout).toContain('Status page http://127.0.0.1:8081/, Grafana http://127.0.0.1:8080/')
  const withoutPage = await init(
    projectWith({
      'package.json': '{ "name": "api", "dependencies": { "@opentelemetry/sdk-node": "0.301.0" } }',
      'otel.mjs': "import { NodeSDK } from '@opentelemetry/sdk-node'\nnew NodeSDK().start()\n",
    }),
  )
  expect(withoutPage.stdout).toContain('Grafana http://127.0.0.1:8080/')
  expect(withoutPage.stdout).not.toContain('Status page')
})

test('the next steps run the script that starts telemetry, and without one name the command', async () => {
  const scripts = (start: object): Readonly<Record<string, string>> => ({
    'package.json': JSON.stringify({ name: 'api', scripts: start }),
  })
  expect((await init(projectWith(scripts({ dev: 'node app.js' })))).stdout).toContain('\n  npm run dev\n')
  expect((await init(projectWith(scripts({ start: 'node app.js' })))).stdout).toContain('\n  npm start\n')
  expect((await init(projectWith(scripts({ worker: 'tsx worker.ts' })))).stdout).toContain('\n  npm run worker\n')
  expect((await init(projectWith(scripts({})))).stdout).toContain(
    `\n  node ${options} FILE        your program: package.json has no script that starts it\n`,
  )
})

test('the diff lists the files of the stack by their purpose, with what a user edits first', async () => {
  const { stdout } = await swarmwatch(projectWith(express), 'init', '--dry-run')
  const summary = stdout.slice(stdout.indexOf('+ swarmwatch/'))
  const groups = [...summary.matchAll(/^\+   (.+?) {2,}(\d+) files?, (.+)$/gm)].map(([, , count, text]) => ({
    count: Number(count),
    text,
  }))
  expect(groups.map(({ text }) => text)).toMatchInlineSnapshot(`
    [
      "the services and their images",
      "settings for you to edit: ports, alert channels, thresholds",
      "alert rules",
      "Collector, Prometheus, Alertmanager, Jaeger",
      "dashboards",
      "Grafana",
      "how to use it, and what is not committed",
    ]
  `)
  const [, total] = /^\+ swarmwatch\/ {2}(\d+) new files/.exec(summary)!
  expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(Number(total))
})

test('a second init changes nothing', async () => {
  const folder = projectWith(express)
  await init(folder)
  const before = contentOf(folder)
  const again = await init(folder)
  expect([again.code, again.stdout.includes('Nothing to change.')]).toEqual([0, true])
  expect(contentOf(folder)).toEqual(before)
})

test('--dry-run shows the changes and writes nothing', async () => {
  const folder = projectWith(express)
  const { code, stdout } = await swarmwatch(folder, 'init', '--dry-run', '--json')
  expect(code).toBe(0)
  const { isWritten, changes, project } = JSON.parse(stdout) as {
    isWritten: boolean
    changes: { path: string; kind: string }[]
    project: object
  }
  expect(isWritten).toBe(false)
  expect(project).toMatchObject({ serviceName: 'shop-api', packageManager: 'npm', framework: 'express', agents: ['AI SDK'] })
  expect(changes[0]).toEqual({ path: 'package.json', kind: 'edit' })
  expect(changes.slice(1).every(({ path, kind }) => kind === 'create' && path.startsWith('swarmwatch/'))).toBe(true)
  expect(contentOf(folder)).toEqual(express)
})

test('without a terminal and without --yes, init writes nothing and reports what to add', async () => {
  const folder = projectWith(express)
  const { code, stderr } = await swarmwatch(folder, 'init')
  expect([code, stderr]).toEqual([
    2,
    '1 problem in the configuration:\n  arguments must have --yes or --dry-run where no one can be asked (standard input is no terminal)\n',
  ])
  expect(contentOf(folder)).toEqual(express)
})

test('a file that is there before init is never overwritten: the new one is next to it', async () => {
  const folder = projectWith({ ...express, 'swarmwatch/compose.yaml': 'mine\n' })
  const { code, stdout } = await init(folder)
  expect(code).toBe(1)
  expect(stdout).toContain('conflict  swarmwatch/compose.yaml has changes of yours in the same place: it stays')
  expect(readFileSync(join(folder, 'swarmwatch/compose.yaml'), 'utf8')).toBe('mine\n')
  expect(readFileSync(join(folder, 'swarmwatch/compose.yaml.new'), 'utf8')).toContain('\nname: shop-api-swarmwatch\n')
})

/** Makes the stack of a folder one that an older version wrote: with other texts in place of today's. */
function asOfOlderVersion(folder: string, edits: Readonly<Record<string, (text: string) => string | undefined>>): void {
  const stackFolder = join(folder, 'swarmwatch')
  const record = readRecord(stackFolder)!
  const stack: Record<string, string> = { ...record.stack }
  for (const [name, edit] of Object.entries(edits)) {
    const older = edit(stack[name] ?? '')
    if (older === undefined) {
      delete stack[name]
      rmSync(join(stackFolder, name))
    } else {
      stack[name] = older
      writeFileSync(join(stackFolder, name), older)
    }
  }
  const packageEdits = record.packageEdits.map((edit) =>
    edit.path[0] === 'dependencies' ? { ...edit, after: edit.after.replace(repositoryVersion, '0.0.9') } : edit,
  )
  writeRecord(stackFolder, { ...record, version: '0.0.9', stack, packageEdits })
  const manifest = join(folder, 'package.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll(`^${repositoryVersion}`, '^0.0.9'))
}

test('--update merges a newer version: your changes stay, and one in the same place is a conflict with both texts', async () => {
  const folder = projectWith(express)
  await init(folder)
  const current = contentOf(join(folder, 'swarmwatch'))
  asOfOlderVersion(folder, {
    'compose.yaml': (text) => text.replace('cpus: 2', 'cpus: 1.5'),
    'collector/jaeger/config.yaml': (text) => `# older\n${text}`,
    'grafana/grafana.ini': (text) => `; older\n${text}`,
    'README.md': () => undefined,
    'gone.yaml': () => 'of the older version\n',
  })
  const edit = (name: string, change: (text: string) => string): void => {
    const path = join(folder, 'swarmwatch', name)
    writeFileSync(path, change(readFileSync(path, 'utf8')))
  }
  edit('compose.yaml', (text) => `${text}# mine\n`)
  edit('grafana/grafana.ini', (text) => text.replace('; older', '; mine'))
  edit('config/production.yaml', (text) => `${text}# mine\n`)

  const { code, stdout, stderr } = await init(folder, '--update')
  expect([code, stderr]).toEqual([1, ''])
  expect(stdout.match(/^conflict .*$/gm)).toEqual([
    'conflict  swarmwatch/grafana/grafana.ini has changes of yours in the same place: it stays, and the newer one is swarmwatch/grafana/grafana.ini.new. Compare them, then delete swarmwatch/grafana/grafana.ini.new',
  ])
  const now = contentOf(join(folder, 'swarmwatch'))
  expect(now['compose.yaml']).toBe(`${current['compose.yaml']}# mine\n`)
  expect(now['config/production.yaml']).toBe(`${current['config/production.yaml']}# mine\n`)
  expect(now['collector/jaeger/config.yaml']).toBe(current['collector/jaeger/config.yaml'])
  expect(now['grafana/grafana.ini']).toBe(`; mine\n${current['grafana/grafana.ini']}`)
  expect(now['grafana/grafana.ini.new']).toBe(current['grafana/grafana.ini'])
  expect(now['README.md']).toBe(current['README.md'])
  expect(now['gone.yaml']).toBeUndefined()
  expect(now['.secrets/otlp_token']).toBe(current['.secrets/otlp_token'])
  expect(readFileSync(join(folder, 'package.json'), 'utf8')).toContain(`"@swarmwatch/node": "^${repositoryVersion}"`)

  // Once resolved, it is no conflict any more
  rmSync(join(folder, 'swarmwatch/grafana/grafana.ini.new'))
  const again = await init(folder, '--update')
  expect([again.code, again.stdout.includes('Nothing to change.')]).toEqual([0, true])
})

test('--remove keeps files of the stack that you have changed or added, and --force removes them, too', async () => {
  for (const force of [false, true]) {
    const folder = projectWith(express)
    await init(folder)
    writeFileSync(join(folder, 'swarmwatch/compose.yaml'), 'mine\n')
    writeFileSync(join(folder, 'swarmwatch/notes.txt'), 'mine\n')
    const { code, stdout } = await init(folder, '--remove', ...(force ? ['--force'] : []))
    expect(code).toBe(0)
    expect(stdout).toContain('swarmwatch/notes.txt is yours or has changes of yours')
    expect(contentOf(folder)).toEqual(
      force ? express : { ...express, 'swarmwatch/compose.yaml': 'mine\n', 'swarmwatch/notes.txt': 'mine\n' },
    )
  }
})

test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, RegExp>>]>([
  [
    'Next.js with src/app and TypeScript',
    {
      'package.json': '{ "name": "web", "scripts": { "dev": "next dev" }, "dependencies": { "next": "16.0.0" } }',
      'tsconfig.json': '{}',
      'src/app/page.tsx': '',
      '.env.local': 'A=1',
    },
    {
      'src/instrumentation.ts': /^export async function register\(\): Promise<void> \{[^]*serviceName: 'web'/,
      '.env.local': /^A=1\n[^]*OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/127\.0\.0\.1:4318\n/,
      'package.json': /"dev": "next dev"/,
    },
  ],
  [
    'Next.js with @vercel/otel',
    {
      'package.json': '{ "name": "web", "dependencies": { "next": "16.0.0", "@vercel/otel": "2.0.0" } }',
      'instrumentation.js':
        "import { registerOTel } from '@vercel/otel'\nexport function register() {\n  registerOTel('web')\n}\n",
    },
    { 'instrumentation.js': /registerOTel\('web'\)\n  if \(process\.env\.NEXT_RUNTIME[^]*startTelemetry/ },
  ],
  [
    'a NodeSDK that --import loads',
    {
      'package.json':
        '{ "name": "api", "type": "module", "scripts": { "start": "node --import ./otel/setup.mjs app.js" }, "dependencies": { "@opentelemetry/sdk-node": "0.301.0" } }',
      'otel/setup.mjs': "import { NodeSDK } from '@opentelemetry/sdk-node'\nnew NodeSDK({ serviceName: 'api' }).start()\n",
    },
    {
      'otel/setup.mjs':
        /import \{ AgentInstrumentation \} from '@swarmwatch\/instrumentation'\nnew NodeSDK\(\{ instrumentations: \[new AgentInstrumentation\(\)\], serviceName/,
      'package.json': new RegExp(
        String.raw`"start": "node --import \./otel/setup\.mjs app\.js"[^]*"@swarmwatch/instrumentation": "\^${repositoryVersion.replaceAll('.', String.raw`\.`)}"`,
      ),
    },
  ],
  [
    'Sentry that --import loads first',
    {
      'package.json':
        '{ "name": "api", "scripts": { "start": "node --import ./instrument.mjs app.js" }, "dependencies": { "@sentry/node": "11.0.0" } }',
      'instrument.mjs': '',
    },
    { 'package.json': new RegExp(`"start": "node --import \\./instrument\\.mjs ${options.replaceAll('.', '\\.')} app\\.js"`) },
  ],
  [
    'NestJS',
    {
      'package.json':
        '{ "name": "api", "scripts": { "start:dev": "nest start --watch", "start:prod": "node dist/main" }, "dependencies": { "@nestjs/core": "12.0.0" } }',
    },
    { 'package.json': /"start:dev": "nest start --watch --exec \\"node [^]*"start:prod": "node --env-file[^"]* dist\/main"/ },
  ],
  [
    'a program without a start script',
    { 'package.json': '{ "name": "job", "main": "run.js" }', 'run.js': '' },
    { 'package.json': new RegExp(`"start": "node ${options.replaceAll('.', '\\.')} run\\.js"`) },
  ],
])('init adapts to %s, and --remove leaves what was there', async (_, files, expected) => {
  const folder = projectWith(files)
  const { code, stderr } = await init(folder)
  expect([code, stderr]).toEqual([0, ''])
  const now = contentOf(folder)
  for (const [path, pattern] of Object.entries(expected)) expect(now[path], path).toMatch(pattern)
  await init(folder, '--remove')
  expect(contentOf(folder)).toEqual(files)
})

test('each package manager is found by its lock file or by packageManager', async () => {
  const manifest = '{ "name": "x" }'
  const found = await Promise.all(
    [
      { 'package.json': manifest },
      { 'package.json': manifest, 'pnpm-lock.yaml': '' },
      { 'package.json': manifest, 'yarn.lock': '' },
      { 'package.json': manifest, 'bun.lock': '' },
      { 'package.json': '{ "name": "x", "packageManager": "pnpm@12.21.0" }' },
    ].map(async (files) => {
      const { stdout } = await swarmwatch(projectWith(files), 'init', '--dry-run', '--json')
      return (JSON.parse(stdout) as { project: { packageManager: string } }).project.packageManager
    }),
  )
  expect(found).toEqual(['npm', 'pnpm', 'yarn', 'bun', 'pnpm'])
})

test.each<[readonly string[], Readonly<Record<string, string>>, string]>([
  [['init', '--yes'], {}, 'package.json is missing; run this in the folder of a Node project, or run npm init first'],
  [['init', '--yes'], { 'package.json': '[1]' }, 'package.json must be a JSON object'],
  [
    ['init', '--update'],
    express,
    'swarmwatch was not made by init; run npx swarmwatch init first, or name the folder with --folder',
  ],
  [['init', '--update', '--remove'], express, '--update cannot be used with --remove'],
  [['init', '--no-stack', '--remove'], express, '--no-stack cannot be used with --remove'],
  [['init', '--dry-run', '--folder', '../x'], express, '--folder folder must be a relative path'],
  [['secrets'], express, 'has no compose.yaml; run npx swarmwatch init first'],
  [['doctor'], express, '@swarmwatch/node is not installed in this folder; run npx swarmwatch init'],
])('%j reports what is wrong and exits with 2', async (args, files, message) => {
  const folder = projectWith(files)
  const { code, stderr } = await swarmwatch(folder, ...args)
  expect(stderr).toContain(message)
  expect(code).toBe(2)
  expect(contentOf(folder)).toEqual(files)
})

test('secrets makes what a new machine lacks, and overwrites nothing', async () => {
  const folder = projectWith(express)
  await init(folder)
  const token = join(folder, 'swarmwatch/.secrets/otlp_token')
  const before = readFileSync(token, 'utf8')
  rmSync(join(folder, 'swarmwatch/app.env'))
  rmSync(join(folder, 'swarmwatch/.secrets/bridge_token'))
  const { code, stdout } = await swarmwatch(folder, 'secrets', '--json')
  expect(code).toBe(0)
  const { copied, secrets } = JSON.parse(stdout) as { copied: string[]; secrets: { name: string; state: string }[] }
  expect(copied).toEqual(['app.env'])
  expect(secrets.filter(({ state }) => state === 'made')).toEqual([{ name: 'bridge_token', state: 'made' }])
  expect(readFileSync(token, 'utf8')).toBe(before)
  expect(existsSync(join(folder, 'swarmwatch/app.env'))).toBe(true)
})

test.each(['config', 'doctor', 'event', 'advise'])(
  'the help of %s is printed before @swarmwatch/node is installed',
  async (command) => {
    const { code, stdout, stderr } = await swarmwatch(projectWith(express), command, '--help')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`Usage: swarmwatch ${command} [options]`)
    expect(stdout).toContain('npm install @swarmwatch/node')
  },
)
