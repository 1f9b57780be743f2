import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { freePort } from '@swarmwatch/testkit'

import { composeFile, root } from './compose-file.ts'
import { docker } from './docker.ts'
import { layOut, missingServices } from './layout.ts'
import { takeDownAtEnd } from './take-down.ts'

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
  /** Runs `docker compose` with these arguments and gives its output; rejects with the output when it fails. */
  compose(...args: readonly string[]): Promise<string>
  /** Starts what does not run, and waits until all is healthy. */
  up(): Promise<string>
  /** Runs a program in a container of a service, the first unless `index` says another. */
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
}

/** Builds the images from a checkout, by default this repository. Seconds when nothing has changed. */
export async function buildImages(checkout: string = root): Promise<void> {
  const environment = join(checkout, '.env.production.example')
  const { code, output } = await docker(checkout, [
    'compose',
    `--env-file=${environment}`,
    '--file=docker-compose.production.yml',
    'build',
  ])
  if (code !== 0) throw new Error(`docker compose build:\n${output}`)
}

/** Lays the stack out and starts it; rejects with the logs when a service does not become healthy. Build the images before. */
export async function startStack({ settings = {}, workers = 1 }: StackOptions = {}): Promise<ProductionStack> {
  const without = missingServices()
  const [grafana, grpc, http, mail] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const folder = layOut(
    { MONITOR_PORT: String(grafana), OTLP_GRPC_PORT: String(grpc), OTLP_HTTP_PORT: String(http), ...settings },
    without,
  )
  const override = 'published-for-the-test.yml'
  writeFileSync(join(folder, override), `services: { mailpit: { ports: ['127.0.0.1:${mail}:8025'] } }\n`)
  const project = basename(folder).toLowerCase()
  const commandLine = [
    'compose',
    `--project-name=${project}`,
    '--file=docker-compose.production.yml',
    `--file=${override}`,
    '--profile=mail',
  ]

  async function compose(...args: readonly string[]): Promise<string> {
    const { code, output } = await docker(folder, [...commandLine, ...args])
    if (code !== 0) throw new Error(`docker compose ${args.join(' ')}:\n${output}`)
    return output
  }

  const takeDown = takeDownAtEnd(folder, [...commandLine, 'down', '--volumes', '--remove-orphans', '--timeout=5'])
  const scales = [`agent-worker=${workers}`, ...without.map((name) => `${name}=0`)]
  const upFlags = ['--pull=never', '--no-build', ...scales.map((scale) => `--scale=${scale}`)]
  const stack: ProductionStack = {
    folder,
    project,
    commandLine,
    upFlags,
    allServices: Object.keys(composeFile().services),
    services: Object.keys(composeFile().services).filter((name) => !without.includes(name)),
    otlpUrl: `http://127.0.0.1:${http}`,
    mailUrl: `http://127.0.0.1:${mail}`,
    compose,
    up: () => compose('up', ...upFlags, '--detach', '--wait', '--wait-timeout=120'),
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

/** Containers, networks and volumes of a project that are still there. */
async function leftOver(project: string): Promise<readonly string[]> {
  const list = async (...kind: readonly string[]): Promise<readonly string[]> => {
    const { output } = await docker(root, [...kind, '--quiet', `--filter=name=${project}`])
    return output.split('\n').filter(Boolean)
  }
  const kinds = await Promise.all([list('ps', '--all'), list('network', 'ls'), list('volume', 'ls')])
  return kinds.flat()
}
