import { execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { composeFile, repositoryRoot } from '../compose-file.ts'
import { runDocker } from '../docker.ts'
import { freePort } from '../http-server.ts'

/** A running production stack: docker-compose.production.yml itself, in a folder and under a project name of its own. */
export interface ProductionStack {
  readonly folder: string
  readonly project: string
  /** Arguments of docker that mean this stack: `compose --project-name ...`. */
  readonly commandLine: readonly string[]
  /** Arguments of `up` that leave out what cannot run here and build nothing. */
  readonly upFlags: readonly string[]
  /** Services that run. */
  readonly services: readonly string[]
  /** All services of the file, also those whose images are not on this machine. */
  readonly allServices: readonly string[]
  /** Where agents outside send telemetry, over HTTP. */
  readonly otlpUrl: string
  /** Where the mails are: Mailpit's API. */
  readonly mailUrl: string
  /** Runs `docker compose` with these arguments and returns its output; rejects with the output when it fails. */
  compose(...args: readonly string[]): Promise<string>
  /** Starts what does not run, and waits until all is healthy. */
  up(): Promise<string>
  /** Runs a program in a container of a service, by default the first one. */
  exec(service: string, command: readonly string[], index?: number): Promise<string>
  /** Content of a file in `.secrets/`. */
  secret(name: string): string
  /** Removes everything: containers, networks, volumes, folder. What does not call it has the same done when its process is gone. */
  close(): Promise<void>
}

/** Settings by variable of `.env.production`, and how many workers there are. */
export interface StackOptions {
  readonly settings?: Readonly<Record<string, string>>
  /** @default 1 */
  readonly workers?: number
  /** The only services to start. @default all that can run here */
  readonly only?: readonly string[]
  /** Further compose files after the first. @default none */
  readonly files?: readonly string[]
  /** Content of files in `.secrets/`, which `pnpm secrets` keeps. @default none */
  readonly secrets?: Readonly<Record<string, string>>
}

/** Builds the images from a checkout, by default this repository. Seconds when nothing has changed. */
export async function buildImages(checkout: string = repositoryRoot, files: readonly string[] = []): Promise<void> {
  const environment = join(checkout, '.env.production.example')
  const { code, output } = await runDocker(
    [
      'compose',
      `--env-file=${environment}`,
      ...['docker-compose.production.yml', ...files].map((file) => `--file=${file}`),
      'build',
    ],
    { cwd: checkout },
  )
  if (code !== 0) throw new Error(`docker compose build:\n${output}`)
}

/** Lays the stack out and starts it; rejects with the logs when a service does not become healthy. Build the images before. */
export async function startStack(options: StackOptions = {}): Promise<ProductionStack> {
  const { settings = {}, workers = 1, only, files = [], secrets } = options
  const merged = composeFile(...files)
  const all = Object.keys(merged.services)
  const without = only === undefined ? missingServices(files) : all.filter((name) => !only.includes(name))
  const [grafana, grpc, http, mail] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const folder = layOut(
    { MONITOR_PORT: String(grafana), OTLP_GRPC_PORT: String(grpc), OTLP_HTTP_PORT: String(http), ...settings },
    without,
    secrets,
  )
  const override = 'published-for-the-test.yml'
  const ownNetworks = Object.entries(merged.networks).filter(([, { external = false }]) => !external)
  const published = { mailpit: { ports: [`127.0.0.1:${mail}:8025`] } }
  // Compose reads JSON
  writeFileSync(
    join(folder, override),
    JSON.stringify({ services: published, networks: await subnetsOf(ownNetworks.map(([name]) => name)) }),
  )
  const project = basename(folder).toLowerCase()
  const commandLine = [
    'compose',
    `--project-name=${project}`,
    '--file=docker-compose.production.yml',
    ...files.map((file) => `--file=${file}`),
    `--file=${override}`,
    '--profile=mail',
    // so that it is taken down, too
    ...(files.length > 0 ? ['--profile=global'] : []),
  ]

  async function compose(...args: readonly string[]): Promise<string> {
    const { code, output } = await runDocker([...commandLine, ...args], { cwd: folder })
    if (code !== 0) throw new Error(`docker compose ${args.join(' ')}:\n${output}`)
    return output
  }

  const takeDown = takeDownAtEnd(folder, [...commandLine, 'down', '--volumes', '--remove-orphans', '--timeout=5'])
  // with names, Compose makes only the networks that these services need
  const scales = only === undefined ? [`agent-worker=${workers}`, ...without.map((name) => `${name}=0`)] : []
  const upFlags = ['--pull=never', '--no-build', ...scales.map((scale) => `--scale=${scale}`)]
  const stack: ProductionStack = {
    folder,
    project,
    commandLine,
    upFlags,
    allServices: all,
    services: all.filter((name) => !without.includes(name)),
    otlpUrl: `http://127.0.0.1:${http}`,
    mailUrl: `http://127.0.0.1:${mail}`,
    compose,
    up: () => compose('up', ...upFlags, '--detach', '--wait', '--wait-timeout=600', ...(only ?? [])),
    exec: (service, command, index = 1) => compose('exec', '-T', `--index=${index}`, service, ...command),
    secret: (name) => readFileSync(join(folder, '.secrets', name), 'utf8'),
    async close() {
      await takeDown()
      const left = await leftOver(project)
      if (left.length > 0) throw new Error(`the stack left behind: ${left.join(', ')}`)
    },
  }
  try {
    await stack.up()
    return stack
  } catch (error) {
    console.log(await compose('logs', '--no-color', '--tail=30'))
    await stack.close()
    throw error
  }
}

/**
 * A small subnet for each network: the engine has addresses of its own for about 30, and two stacks at a
 * time need more. They are in 198.18.0.0/15, which is kept for tests (RFC 2544).
 */
async function subnetsOf(names: readonly string[]): Promise<Readonly<Record<string, object>>> {
  const { output: ids } = await runDocker(['network', 'ls', '--quiet'])
  const format = '{{range .IPAM.Config}}{{.Subnet}} {{end}}'
  const { output: taken } = await runDocker(['network', 'inspect', '--format', format, ...ids.split('\n').filter(Boolean)])
  // A block is four times 256 addresses, for 32 networks; one at random, because another test may start at the same time
  const blocks = Array.from({ length: 128 }, (_, n) => [0, 1, 2, 3].map((of) => `198.${18 + (n >> 6)}.${(n % 64) * 4 + of}`))
  const free = blocks.filter((block) => block.every((quarter) => !taken.includes(`${quarter}.`)))
  const block = free[randomInt(free.length)]!
  return Object.fromEntries(
    names.map((name, n) => [name, { ipam: { config: [{ subnet: `${block[n >> 3]!}.${(n % 8) * 32}/27` }] } }]),
  )
}

/** Settings for a stack whose mail goes to Mailpit and whose Slack is at `slackUrl`. */
export function mailSettings(slackUrl: string): Readonly<Record<string, string>> {
  return {
    ALERT_EMAIL_HOST: 'mailpit',
    ALERT_EMAIL_PORT: '1025',
    ALERT_EMAIL_REQUIRE_TLS: 'false',
    ALERT_EMAIL_FROM: 'swarm@street.test',
    ALERT_EMAIL_TO: 'ops@street.test',
    ALERT_SLACK_WEBHOOK: slackUrl,
    GRAFANA_URL: 'http://grafana.street.test',
    RUNBOOKS_URL: 'http://runbooks.street.test',
  }
}

/** Containers, networks and volumes of a project that are still there. */
async function leftOver(project: string): Promise<readonly string[]> {
  const list = async (...kind: readonly string[]): Promise<readonly string[]> => {
    const { output } = await runDocker([...kind, '--quiet', `--filter=name=${project}`])
    return output.split('\n').filter(Boolean)
  }
  const kinds = await Promise.all([list('ps', '--all'), list('network', 'ls'), list('volume', 'ls')])
  return kinds.flat()
}

/** Files and folders of the stack, as an operator has them after cloning. */
const parts = [
  'docker-compose.production.yml',
  'docker-compose.region.yml',
  'docker-compose.scale.yml',
  'docker-compose.own-postgres.yml',
  '.env.production.example',
  'collector',
  'config',
  'grafana',
]

/** Returns the services whose images are not on this machine, and prints them. */
function missingServices(files: readonly string[]): readonly string[] {
  const present = new Set(
    execFileSync('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}'], { encoding: 'utf8' }).split('\n'),
  )
  const missing = Object.entries(composeFile(...files).services).flatMap(([name, { image, build }]) =>
    build === undefined && !present.has(image) ? [{ name, image }] : [],
  )
  for (const { name, image } of missing) console.log(`left out: ${name}, because its image ${image} is not on this machine`)
  return missing.map(({ name }) => name)
}

/**
 * Lays the stack out in a new folder: a copy of what is committed, `.env.production` with `settings`, and `.secrets/` as `pnpm secrets`
 * makes it. The only thing changed is that Prometheus does not ask for services that cannot run here.
 */
export function layOut(
  settings: Readonly<Record<string, string>>,
  without: readonly string[],
  secrets: Readonly<Record<string, string>> = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), 'swarmwatch-stack-'))
  for (const part of parts) cpSync(join(repositoryRoot, part), join(folder, part), { recursive: true })
  const jobs = new RegExp(`^  - job_name: (?:${without.join('|')})\\n(?:    .*\\n)+`, 'gm')
  for (const name of without.length > 0 ? ['prometheus.yaml', 'prometheus-scale.yaml'] : []) {
    const prometheus = join(folder, 'collector/prometheus', name)
    writeFileSync(prometheus, readFileSync(prometheus, 'utf8').replaceAll(jobs, ''))
  }

  const environment = Object.entries(settings).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^${name}=.*$`, 'm'), () => `${name}=${value}`),
    readFileSync(join(folder, '.env.production.example'), 'utf8'),
  )
  writeFileSync(join(folder, '.env.production'), environment)
  mkdirSync(join(folder, '.secrets'))
  for (const [name, text] of Object.entries(secrets)) writeFileSync(join(folder, '.secrets', name), text, { mode: 0o444 })
  makeSecrets(folder)
  return folder
}

/** `pnpm secrets` in that folder. */
function makeSecrets(folder: string): void {
  const program = join(repositoryRoot, 'packages/secrets/src/main.ts')
  execFileSync(process.execPath, ['--conditions=swarmwatch-source', program, folder], { encoding: 'utf8' })
}

const log = 'take-down.log'

/** Waits for the end of its input, runs docker with its arguments, and removes its working folder. */
const program = `cat > /dev/null; docker "$@" > ${log} 2>&1 && rm -r "$PWD"`

/**
 * Runs docker with `args` in `folder` and removes the folder: when the returned function is called, or when the calling process
 * has ended for any reason. An interrupted test leaves no containers and no secrets behind. Rejects with docker's output when it fails.
 */
function takeDownAtEnd(folder: string, args: readonly string[]): () => Promise<void> {
  const { PATH, HOME } = process.env
  const child = spawn('sh', ['-c', program, 'take-down', ...args], {
    cwd: folder,
    env: { PATH, HOME },
    // A session of its own: out of reach of a Ctrl+C
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = once(child, 'exit') as Promise<[number]>
  return async () => {
    child.stdin.end()
    const [code] = await ended
    if (code !== 0) throw new Error(`docker ${args.join(' ')}:\n${readFileSync(join(folder, log), 'utf8')}`)
  }
}
