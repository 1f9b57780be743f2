import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'

import { eventually } from './eventually.ts'

/** How a program ended. */
export interface ProgramResult {
  readonly code: number
  readonly stdout: string
  /** Standard output, followed by standard error. */
  readonly output: string
}

/** Options for `runDocker`. */
export interface RunDockerOptions {
  /** The working folder. @default the one of this process */
  readonly cwd?: string
}

/** Runs `docker` to its end and returns its output and exit code. Rejects only when `docker` cannot be started. */
export function runDocker(args: readonly string[], { cwd }: RunDockerOptions = {}): Promise<ProgramResult> {
  // Only these variables: a setting of the caller must not reach a compose file through ${...}
  const { PATH, HOME } = process.env
  return new Promise((resolve, reject) => {
    execFile('docker', args, { cwd, env: { PATH, HOME }, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') return reject(error)
      resolve({ code: error === null ? 0 : Number(error.code), stdout, output: stdout + stderr })
    })
  })
}

/** Runs `docker` and returns its standard output, trimmed. Rejects with all output when it fails. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { code, stdout, output } = await runDocker(args)
  if (code !== 0) throw new Error(`docker ${args[0]} failed with code ${code}: ${output}`)
  return stdout.trim()
}

/** Options for a container. */
export interface ContainerOptions {
  readonly image: string
  readonly args: readonly string[]
  /** Folders of this machine by their path in the container, read-only. */
  readonly mounts?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** Ports of the container that are published on free ports of 127.0.0.1. */
  readonly ports: readonly number[]
  readonly user?: string
  /** @default 512m */
  readonly memory?: string
  /** Further flags of `docker run`. @default none */
  readonly flags?: readonly string[]
}

/** A container; it keeps its disk over `stop`, `kill` and `start`. */
export interface Container {
  /** Returns `http://127.0.0.1:...` of a port; the address changes with each start. */
  url(port: number): Promise<string>
  start(): Promise<void>
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  logs(): Promise<string>
  /** Runs a program in the container and returns its output; rejects when it fails. */
  exec(...command: readonly string[]): Promise<string>
}

/** A Docker network and its containers. */
export interface Network {
  /** Starts a container; `name` is also its host name in the network. */
  run(name: string, options: ContainerOptions): Promise<Container>
  /** Removes the containers and the network. */
  remove(): Promise<void>
}

/** Creates a network with a unique name, so that tests can run in parallel. */
export async function openNetwork(): Promise<Network> {
  const network = `swarmwatch-test-${randomBytes(4).toString('hex')}`
  await docker('network', 'create', network)
  const started: string[] = []
  return {
    async run(name, { image, args, mounts = {}, env = {}, ports, user, memory = '512m', flags: further = [] }) {
      const id = `${network}-${name}`
      started.push(id)
      const flags = ['run', '--detach', '--pull', 'never', '--name', id, '--network', network, '--network-alias', name]
      const limits = ['--add-host', 'test:host-gateway', '--memory', memory, ...(user === undefined ? [] : ['--user', user])]
      const volumes = Object.entries(mounts).flatMap(([inside, folder]) => ['--volume', `${folder}:${inside}:ro`])
      const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
      const published = ports.flatMap((port) => ['--publish', `127.0.0.1::${port}`])
      await docker(...flags, ...limits, ...further, ...volumes, ...variables, ...published, image, ...args)
      return {
        url: async (port) => `http://${(await docker('port', id, String(port))).split('\n')[0]}`,
        start: async () => void (await docker('start', id)),
        stop: async () => void (await docker('stop', '--time', '20', id)),
        kill: async () => void (await docker('kill', '--signal', 'KILL', id)),
        exec: async (...command) => docker('exec', id, ...command),
        logs: async () => (await runDocker(['logs', id])).output,
      }
    },
    async remove() {
      for (const id of started) await docker('rm', '--force', '--volumes', id)
      await docker('network', 'rm', network)
    },
  }
}

/** Waits until an address answers with status 200. The address is asked for again each time: it changes when a container restarts. */
export async function untilAnswers(address: () => Promise<string>, what: string): Promise<void> {
  await eventually(what, async () => (await fetch(await address())).status === 200)
}

/** Runs a program of an image to its end, without a network. Mounts are read-only: folders of this machine by their path in the container. */
export function runOnce(
  image: string,
  entrypoint: string,
  args: readonly string[],
  mounts: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const volumes = Object.entries(mounts).flatMap(([inside, folder]) => ['--volume', `${folder}:${inside}:ro`])
  const flags = ['--rm', '--pull', 'never', '--network', 'none', ...volumes, '--entrypoint', entrypoint]
  return runDocker(['run', ...flags, image, ...args])
}
