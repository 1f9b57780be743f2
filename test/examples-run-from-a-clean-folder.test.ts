import { spawn, spawnSync } from 'node:child_process'
import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { eventually, freePort, openNetwork, repositoryVersion, untilAnswers } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { objectsOf, renderText, validated } from './kubernetes/render-chart.ts'
import { installTools } from './kubernetes/tools.ts'
import { openPackageRegistry, type PackageRegistry } from './package-registry.ts'
import { installed, packPublished } from './packed-packages.ts'
import { type Ended, runProgram } from './run-in.ts'

const folder = fileURLToPath(new URL('../examples', import.meta.url))
const names = (await readdir(folder, { withFileTypes: true })).flatMap((entry) => (entry.isDirectory() ? entry.name : []))

/** A request to an example that runs until Ctrl-C, and its answer. */
interface UserRequest {
  /** Its address, after what the example has printed. */
  readonly at: (output: string, port: number) => string | undefined
  readonly answer: string
}

/** The examples that run until Ctrl-C, with what a user requests meanwhile. */
const servers: Readonly<Record<string, UserRequest | undefined>> = {
  quickstart: { at: (output) => /page at (\S+)/.exec(output)?.[1], answer: 'helper' },
  'custom-channel': undefined,
  nextjs: { at: (_, port) => `http://127.0.0.1:${port}/`, answer: '<p>It is sunny in Bern.</p>' },
  kubernetes: { at: (output) => /ask me at (\S+)/.exec(output)?.[1], answer: 'an answer to: How do I log in' },
}

let outside: string
let registry: PackageRegistry | undefined
beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'swarmwatch-examples-'))
  // For users other than root: PostgreSQL, and that of the container
  await chmod(outside, 0o755)
  registry = await openPackageRegistry(await packPublished(outside))
}, 600_000)
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await rm(outside, { recursive: true, force: true })
})

test('the index lists every example, and no other', async () => {
  const index = await readFile(join(folder, 'README.md'), 'utf8')
  const listed = [...index.matchAll(/^\| \[`(\S+)`\]\((\S+)\)/gm)].map(([, title, target]) => `${title} in ${target}`)
  expect(listed.toSorted()).toEqual(names.map((name) => `${name} in ${name}`).toSorted())
})

test('the examples with a model have the same scripted one', async () => {
  const models = await Promise.all(
    names.map((name) => readFile(join(folder, name, 'scripted-model.ts'), 'utf8').catch(() => undefined)),
  )
  expect(new Set(models.filter((model) => model !== undefined)).size).toBe(1)
})

describe.each(names)('examples/%s', (name) => {
  test('pins the version of every other package, and takes the present version of ours', async () => {
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(folder, name, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
      devDependencies?: Record<string, string>
    }
    for (const [dependency, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (dependency.startsWith('@swarmwatch/')) expect(`${dependency} ${version}`).toBe(`${dependency} ^${repositoryVersion}`)
      else expect(`${dependency} ${version}`).toMatch(/^\S+ \d+\.\d+\.\d+(-[\w.]+)?$/)
    }
  })
})

describe.concurrent.each(names)('examples/%s', (name) => {
  test('prints what its README shows, after npm install and npm start in a clean folder, and compiles', async () => {
    const place = join(outside, name)
    await cp(join(folder, name), place, { recursive: true })
    const [commands, expected] = blocksOf(await readFile(join(place, 'README.md'), 'utf8'))
    expect(commands).toBe('npm install\nnpm start\n')

    using install = startInGroup(place, ['install', '--no-audit', '--no-fund', registry!.npmOption], {})
    expect(await install.ended, install.output()).toBe(0)

    const port = await freePort()
    using program = startInGroup(place, ['start'], { PORT: String(port) })
    const isServer = name in servers
    if (isServer) {
      const isStillRunning = program.ended.then(() => Promise.reject(new Error(program.output())))
      await Promise.race([isStillRunning, untilAnswered(servers[name], program.output, port)])
      await Promise.race([
        isStillRunning,
        eventually('the output of the README', () => isShown(expected!, program.output()), limit),
      ])
      program.interrupt()
    }
    const code = await program.ended
    expect(printedBy(program.output())).toMatch(patternOf(expected!))
    if (!isServer) expect(code).toBe(0)

    if (name === 'existing-opentelemetry') {
      // The same set-up without its test exporter
      const guide = await readFile(join(folder, '../docs/frameworks.md'), 'utf8')
      const [, setUp] = /^```js\n(import \{ NodeSDK \}[^]*?)^```$/m.exec(guide)!
      await writeFile(join(place, 'telemetry.mjs'), setUp!)
      const args = ['--import', './telemetry.mjs', '--eval', "console.log('started'); process.exit()"]
      expect(await runProgram(place, process.execPath, args)).toEqual({ status: 0, output: 'started\n' })
    }

    // next build has compiled it
    if (name !== 'nextjs') expect(await compiled(place)).toEqual({ status: 0, output: '' })
  }, 600_000)
})

describe('examples/kubernetes', async () => {
  const noTools = await installTools('helm', 'kubeconform')
  const noNode = whyNoNode()
  const deployment = await readFile(join(folder, 'kubernetes/deployment.yaml'), 'utf8')

  test.skipIf(noTools)('renders the chart with its values, and all objects are valid', async () => {
    const rendered = await renderText([`--values=${folder}/kubernetes/values.yaml`])
    for (const objects of [rendered, deployment]) expect((await validated(objects)).resources).toEqual([])
  })

  test.skipIf(noTools)('sends telemetry to a Service of the chart, from a namespace that its policy admits', async () => {
    const rendered = objectsOf(await renderText([`--values=${folder}/kubernetes/values.yaml`]))
    const [, service, namespace, port] = /http:\/\/([^.]+)\.(\w+):(\d+)/.exec(deployment)!
    const found = rendered.find(({ kind, metadata }) => kind === 'Service' && metadata.name === service)
    expect(found).toMatchObject({
      spec: { ports: expect.arrayContaining([expect.objectContaining({ port: Number(port) })]) as unknown },
    })
    expect(namespace).toBe('swarmwatch')
    const readme = await readFile(join(folder, 'kubernetes/README.md'), 'utf8')
    const [, label, value] = /kubectl label namespace agents (\S+)=(\S+)/.exec(readme)!
    const policies = rendered.filter(({ kind }) => kind === 'NetworkPolicy')
    expect(JSON.stringify(policies)).toContain(`{"namespaceSelector":{"matchLabels":${JSON.stringify({ [label!]: value })}}}`)
  })

  test.skipIf(noNode)('builds its image, runs in a container as its Deployment describes, and ends by SIGTERM', async () => {
    const place = join(outside, 'container')
    await cp(join(folder, 'kubernetes'), place, { recursive: true })
    // The lock file has the addresses of packages, with those of this test, which the build reaches on this machine
    const lock = ['install', '--package-lock-only', '--no-audit', '--no-fund', registry!.npmOption]
    using install = startInGroup(place, lock, { npm_config_omit_lockfile_registry_resolved: 'false' })
    expect(await install.ended, install.output()).toBe(0)
    const tag = `swarmwatch-example-kubernetes:${process.pid}`
    const built = await runProgram(place, 'docker', ['build', '--network=host', '--tag', tag, '.'])
    expect(built.status, built.output).toBe(0)
    onTestFinished(() => void spawnSync('docker', ['image', 'rm', tag]))

    const { spec } = objectsOf(deployment).find(({ kind }) => kind === 'Deployment') as unknown as { spec: Deployment }
    const [container] = spec.template.spec.containers
    const network = await openNetwork()
    try {
      const running = await network.run('helper', {
        image: tag,
        args: [],
        env: Object.fromEntries(container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
        ports: [3000],
        user: String(spec.template.spec.securityContext.runAsUser),
        memory: container.resources.limits.memory.replace('Mi', 'm'),
        flags: ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'],
      })
      await untilAnswers(async () => `${await running.url(3000)}${container.readinessProbe.httpGet.path}`, 'the probe to succeed')
      const answer = await (await fetch(`${await running.url(3000)}/ask?question=Why`)).text()
      expect(answer).toBe('an answer to: Why')
      await running.stop()
      expect(await running.logs()).toContain('[SUCCESS] helper recovered on attempt 2')
    } finally {
      await network.remove()
    }
  })
})

/** For builds on a machine with load 20; it is no promise about speed. */
const limit = { withinMs: 480_000 }

interface Deployment {
  readonly template: {
    readonly spec: {
      readonly securityContext: { readonly runAsUser: number }
      readonly containers: readonly [
        {
          readonly env: readonly { readonly name: string; readonly value?: string }[]
          readonly readinessProbe: { readonly httpGet: { readonly path: string } }
          readonly resources: { readonly limits: { readonly memory: string } }
        },
      ]
    }
  }
}

/** The plain blocks of a README: the commands, and their output. */
const blocksOf = (readme: string): string[] => [...readme.matchAll(/^```\n([^]*?)^```$/gm)].map(([, block]) => block!)

/** A regular expression for output that is shown; a line `...` is any number of lines. */
function patternOf(shown: string): RegExp {
  const lines = withoutTimes(shown.trim()).split('\n')
  const escaped = (line: string): string => line.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return new RegExp(`^${lines.map((line) => (line === '...' ? '(?:.*\\n)*?' : `${escaped(line)} *\\n`)).join('')}`)
}

/** Output without what differs from run to run. */
function withoutTimes(output: string): string {
  return output
    .replaceAll(/\d+\.\d+ s\b/g, 'N s')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/\d{4}-\d\d-\d\d/g, 'DATE')
}

const isShown = (shown: string, output: string): boolean => patternOf(shown).test(printedBy(output))

/** The output of a program without that of npm, which shows the script before it runs. */
const printedBy = (output: string): string => withoutTimes(output).replace(/^(?:\n*> .*\n)*\n*/, '')

async function untilAnswered(request: UserRequest | undefined, output: () => string, port: number): Promise<void> {
  if (request === undefined) return
  const { at, answer } = request
  await eventually(
    'an answer',
    async () => {
      const address = at(output(), port)
      return address !== undefined && (await (await fetch(address)).text()).includes(answer)
    },
    limit,
  )
}

/** npm in a process group of its own, which is interrupted as a whole, as a terminal does for Ctrl-C. */
function startInGroup(cwd: string, args: readonly string[], variables: Readonly<Record<string, string>>) {
  const { NODE_OPTIONS: _, NODE_ENV: __, VITEST: ___, OPENAI_API_KEY: ____, DATABASE_URL: _____, ...outer } = process.env
  const env = {
    ...outer,
    // the Node that runs this, not one that comes first on the machine
    PATH: `${dirname(process.execPath)}:${outer['PATH']}`,
    MONITOR_PORT: '0',
    METRICS_PORT: '0',
    NEXT_TELEMETRY_DISABLED: '1',
    npm_config_update_notifier: 'false',
    ...variables,
  }
  // One stream, so that its lines have their order
  const child = spawn('sh', ['-c', 'exec npm "$@" 2>&1', 'npm', ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const interrupt = (signal: NodeJS.Signals = 'SIGINT'): void => {
    try {
      process.kill(-child.pid!, signal)
    } catch {
      // it has ended
    }
  }
  return { output: () => output, ended, interrupt, [Symbol.dispose]: () => interrupt('SIGKILL') }
}

/** Compiles the programs of an example with its packages. */
async function compiled(place: string): Promise<Ended> {
  const programs = (await readdir(place)).filter((name) => name.endsWith('.ts'))
  const flags =
    '--noEmit --strict --module nodenext --target esnext --allowImportingTsExtensions --skipLibCheck --types node --typeRoots'
  const tsc = join(installed('', 'typescript'), 'bin/tsc')
  return runProgram(place, process.execPath, [tsc, ...flags.split(' '), join(installed('', '@types'), ''), ...programs])
}

/** Returns why the container of the example cannot be started here. */
function whyNoNode(): string | undefined {
  const hasImage = spawnSync('docker', ['image', 'inspect', 'node:24-bookworm-slim']).status === 0
  if (hasImage) return undefined
  const reason = 'Docker does not run here, or has no image node:24-bookworm-slim'
  if (process.env['REQUIRE_STACK'] === '1') throw new Error(`REQUIRE_STACK=1, but ${reason}`)
  console.log(`skipped: ${reason} (REQUIRE_STACK=1 makes this an error)`)
  return reason
}
