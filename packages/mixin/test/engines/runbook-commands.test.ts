import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  composeFile,
  imageOf,
  openNetwork,
  repositoryRoot,
  untilAnswers,
  type Container,
  type Network,
} from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { hasDocker } from './docker.ts'
import { query, runAlertmanager, runPrometheus } from '../../engines/run-engines.ts'
import { layOutStack, type StackFiles } from '../../engines/stack-files.ts'
import { runbookCommands, shellFunctions, type RunbookCommand } from '../runbooks.ts'

const commands = runbookCommands()
const runnable = commands.filter(({ kind }) => kind === 'run')
// A command that several runbooks print runs once. A query goes to Prometheus directly: a program
// in a container for each would take minutes
const distinct = [...new Map(runnable.map((each) => [each.printed, each]))]
const queries = distinct.filter(([printed]) => printed.startsWith('query '))
const others = distinct.filter(([printed]) => !printed.startsWith('query '))
const { services } = composeFile()
const [nodeImage] = /node:[\w.-]+/.exec(readFileSync(join(repositoryRoot, 'Dockerfile.production'), 'utf8'))!

/** Settings of the bridge: a channel, an escalation, and an engineer who is on call. */
const alerts = {
  channels: [{ type: 'console' }],
  escalation: [{ after: 300, channels: ['console'] }],
  rotations: [
    {
      name: 'nights',
      time_zone: 'UTC',
      people: [{ name: 'Ada', recipients: ['ada@example.com'] }],
      shift: { length: 'weekly', starts: '2026-01-05', at: '09:00' },
    },
  ],
}

for (const { runbook, printed, kind } of commands) {
  if (typeof kind === 'object') console.log(`not run: ${printed} (${runbook}): ${kind.notRun}`)
}

test('every command of a runbook is of a known kind', () => {
  const unknown = commands.filter(({ kind }) => kind === 'unknown').map(({ runbook, printed }) => `${runbook}: ${printed}`)
  expect(unknown, 'test/runbooks.ts lists the kinds').toEqual([])
})

test('a command of an unknown kind is found, in a block and in a sentence', () => {
  const found = runbookCommands([
    { name: 'X', text: '', commandLines: ["dc ps | awk '{ print $1 }'"], inlineCode: ['kubectl get pods', 'severity=critical'] },
  ])
  expect(found.map(({ printed, kind }) => [printed, kind])).toEqual([
    ['dc ps', 'run'],
    ["awk '{ print $1 }'", 'unknown'],
    ['kubectl get pods', 'unknown'],
  ])
})

test('a command that is not run names scripts, files and folders that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { scripts: object }
  for (const { printed } of commands) {
    const [, script] = /^npx pnpm@[\d.]+ (\w+)/.exec(printed) ?? []
    if (script !== undefined) expect(scripts, printed).toHaveProperty(script)
    const [, path] = /^git .* (\S+)$/.exec(printed) ?? []
    if (path !== undefined) expect(existsSync(join(repositoryRoot, path)), printed).toBe(true)
  }
})

test('a file that a command reads in a container is there in the production stack', () => {
  const missing = runnable.flatMap(({ runbook, printed }) => {
    const [, service, rest] = /^dc exec (?:-T )?(\S+) (.*)$/.exec(printed) ?? []
    if (service === undefined) return []
    const { volumes = [], secrets = [] } = services[service] ?? {}
    const folders = volumes.map((volume) => `${volume.split(':')[1]}/`)
    const paths = [...rest!.matchAll(/(?<=^|[ =('])\/(?:etc|run)\/[\w./-]+/g)].map(([path]) => path)
    const isThere = (path: string): boolean =>
      path === '/run/secrets' ||
      secrets.some((name) => path === `/run/secrets/${name}`) ||
      folders.some((folder) => path.startsWith(folder))
    return paths.filter((path) => !isThere(path)).map((path) => `${runbook}: ${service} has no ${path}`)
  })
  expect(missing).toEqual([])
})

describe.skipIf(!hasDocker)('in a stack with real engines', () => {
  let files: StackFiles
  let network: Network
  let prometheus: Container
  let prelude: string
  beforeAll(async () => {
    files = layOutStack()
    network = await openNetwork()
    const { collector, secrets, folder } = files
    writeFileSync(join(secrets, 'alertmanager.yml'), readFileSync(join(collector, 'alertmanager/alertmanager.yml')))
    // Services of this repository run from their sources
    const program = 'exec node --conditions=swarmwatch-source /repository/packages/alert-bridge/src/cli.ts "$@"\n'
    mkdirSync(join(folder, 'programs'))
    writeFileSync(join(folder, 'programs/alert-bridge'), `#!/bin/sh\n${program}`)
    chmodSync(join(folder, 'programs/alert-bridge'), 0o755)
    writeFileSync(join(folder, 'settings.yaml'), JSON.stringify({ alerts }))
    const node = (name: string, args: readonly string[]) =>
      network.run(name, {
        image: nodeImage,
        args,
        mounts: {
          '/repository': repositoryRoot,
          '/programs': join(folder, 'programs'),
          '/stack': folder,
          '/run/secrets': secrets,
        },
        env: {
          PATH: '/programs:/usr/local/bin:/usr/bin:/bin',
          SWARMWATCH_CONFIG: '/stack/settings.yaml',
          BRIDGE_HOST: '0.0.0.0',
          BRIDGE_DATA_DIR: '/tmp/bridge',
          BRIDGE_TOKEN_FILE: '/run/secrets/bridge_token',
          OPENAI_BASE_URL: 'http://alert-bridge:8090',
        },
        ports: [8090],
      })
    const [bridge, engine] = await Promise.all([
      node('alert-bridge', ['alert-bridge', 'serve']),
      runPrometheus(network, files, { '/etc/prometheus': join(collector, 'prometheus') }),
      runAlertmanager(network, files, { '/etc/amtool': join(collector, 'alertmanager') }),
      node('agent-worker', ['sleep', 'infinity']),
    ])
    await untilAnswers(async () => `${await bridge.url(8090)}/healthz`, 'the bridge')
    prometheus = engine
    const id = await prometheus.exec('hostname')
    const name = await nameOf(id)
    prelude = preludeFor(name.replace(/-prometheus$/, ''), composeOverride(files))
  })
  afterAll(async () => {
    await network?.remove()
    if (files) rmSync(files.folder, { recursive: true })
  })

  test('the function query of the README prints what Prometheus returns', async () => {
    expect(await inShell(prelude, "query 'vector(40 + 2)'")).toEqual({
      code: 0,
      output: expect.stringMatching(/ => 42 @/) as string,
    })
  })

  test.concurrent.for(others.map(([printed, each]) => [printed, each] as const))('%s', async ([printed, each]) => {
    const { code, output } = await inShell(prelude, await withSilenceId(prelude, each))
    expect(code, `${each.runbook}: ${printed}\n${output}`).toBe(0)
    expect(output, printed).not.toMatch(/no such service|unknown flag|unknown command/i)
  })

  test('Prometheus answers every query', async () => {
    const failed = queries.map(async ([printed, { runbook, command }]) => {
      const [, expr] = /^query '([^']*)'$/.exec(command) ?? []
      const refused = await query(prometheus, expr ?? command).then(
        () => undefined,
        (error: unknown) => String(error),
      )
      return refused === undefined ? [] : [`${runbook}: ${printed}: ${refused}`]
    })
    expect((await Promise.all(failed)).flat()).toEqual([])
    expect(queries.length).toBeGreaterThan(50)
  })
})

/** The command, with the id of a new silence in place of `ID`. */
async function withSilenceId(prelude: string, { command }: RunbookCommand): Promise<string> {
  if (!/\bID\b/.test(command)) return command
  const { output } = await inShell(prelude, 'silence 1h alertname=ToExpire')
  return command.replace(/\bID\b/, output.trim())
}

/** Name of the container whose short id is its host name. */
async function nameOf(id: string): Promise<string> {
  const { output } = await inShell('', `docker inspect --format '{{.Name}}' ${id}`)
  return output.trim().replace(/^\//, '')
}

/**
 * A compose file over the production stack in which every image exists on this machine, so that a
 * dry run needs no download.
 */
function composeOverride({ folder }: StackFiles): string {
  const path = join(folder, 'override.yml')
  const entries = Object.entries(services).map(([name, { build }]) =>
    [`  ${name}:`, `    image: ${imageOf('prometheus')}`, ...(build ? ['    build: !reset null'] : [])].join('\n'),
  )
  writeFileSync(path, `services:\n${entries.join('\n')}\n`)
  return path
}

/**
 * The functions of docs/runbooks/README.md, with a `dc` for the containers of this test: `exec`
 * runs in them, `logs` and `ps` ask compose about a stack that does not run, and what changes the
 * stack is a dry run of compose. Compose checks services and options in each case.
 */
function preludeFor(network: string, override: string): string {
  return `
    compose() { MONITOR_PORT=1 docker compose --project-name ${network} -f docker-compose.production.yml -f ${override} "$@"; }
    dc() {
      case "$1" in
        exec) shift; if [ "$1" = -T ]; then shift; fi; docker exec "${network}-$1" "\${@:2}" ;;
        ps) compose "$@" || return; if [ "\${2:-}" = -aq ]; then docker ps --all --quiet --filter "name=${network}-$3"; fi ;;
        logs) compose "$@" ;;
        *) compose --dry-run "$@" ;;
      esac
    }
    ${shellFunctions}
  `
}

function inShell(prelude: string, command: string): Promise<{ readonly code: number; readonly output: string }> {
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, USER: 'test' }
  return new Promise((resolve) => {
    execFile('bash', ['-c', `${prelude}\n${command}`], { cwd: repositoryRoot, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    )
  })
}
