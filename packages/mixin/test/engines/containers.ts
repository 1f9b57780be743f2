import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

import { eventually } from '@swarmwatch/testkit'

const docker = async (...args: string[]): Promise<string> => (await promisify(execFile)('docker', args)).stdout.trim()

/** How a container is started; its name is also its host name in the network. */
export interface ContainerOptions {
  readonly image: string
  readonly args: readonly string[]
  /** Folders by their path inside, read-only. */
  readonly mounts?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** Ports that the test talks to. */
  readonly ports: readonly number[]
  readonly user?: string
}

/** A running program; it keeps its disk over `stop`, `kill` and `start`. */
export interface Container {
  /** `http://127.0.0.1:...` of a port; another one after each start. */
  url(port: number): Promise<string>
  start(): Promise<void>
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  logs(): Promise<string>
  /** Runs a program inside; rejects when it fails. */
  exec(...command: readonly string[]): Promise<string>
}

/** A network with containers in it. */
export interface Network {
  run(name: string, options: ContainerOptions): Promise<Container>
  /** Removes all of it. */
  remove(): Promise<void>
}

/** Makes a network of its own, so that tests can run side by side. */
export async function openNetwork(): Promise<Network> {
  const network = `swarmwatch-test-${randomBytes(4).toString('hex')}`
  await docker('network', 'create', network)
  const started: string[] = []
  return {
    async run(name, { image, args, mounts = {}, env = {}, ports, user }) {
      const id = `${network}-${name}`
      started.push(id)
      const flags = ['run', '--detach', '--pull', 'never', '--name', id, '--network', network, '--network-alias', name]
      const limits = ['--add-host', 'test:host-gateway', '--memory', '512m', ...(user === undefined ? [] : ['--user', user])]
      const volumes = Object.entries(mounts).flatMap(([inside, folder]) => ['--volume', `${folder}:${inside}:ro`])
      const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
      const published = ports.flatMap((port) => ['--publish', `127.0.0.1::${port}`])
      await docker(...flags, ...limits, ...volumes, ...variables, ...published, image, ...args)
      return {
        url: async (port) => `http://${(await docker('port', id, String(port))).split('\n')[0]}`,
        start: async () => void (await docker('start', id)),
        stop: async () => void (await docker('stop', '--time', '20', id)),
        kill: async () => void (await docker('kill', '--signal', 'KILL', id)),
        exec: async (...command) => docker('exec', id, ...command),
        logs: async () => {
          const { stdout, stderr } = await promisify(execFile)('docker', ['logs', id])
          return stdout + stderr
        },
      }
    },
    async remove() {
      for (const id of started) await docker('rm', '--force', '--volumes', id)
      await docker('network', 'rm', network)
    },
  }
}

/** Waits until an address answers with 200. */
export async function answers(address: () => Promise<string>, what: string): Promise<void> {
  await eventually(what, async () => (await fetch(await address())).status === 200)
}
