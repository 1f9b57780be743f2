import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

import type { Killable } from './killable.ts'

const image = 'prom/alertmanager:v0.33.1'
const docker = async (...args: string[]): Promise<string> => (await promisify(execFile)('docker', args)).stdout.trim()

/** A real Alertmanager; it keeps its disk from one start to the next. */
export interface Alertmanager extends Killable {
  readonly url: string
  readonly version: string
}

/** Starts it in the network of this machine, so that it reaches what listens on 127.0.0.1. */
export async function startAlertmanager(settings: string): Promise<Alertmanager> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-alertmanager-'))
  await writeFile(join(folder, 'alertmanager.yml'), settings)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const name = `swarmwatch-bench-alertmanager-${randomBytes(4).toString('hex')}`
  const container = ['--name', name, '--pull', 'never', '--network', 'host', '--user', 'root', '--volume', `${folder}:/bench:ro`]
  const flags = ['--config.file=/bench/alertmanager.yml', `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address=']
  const remove = async (): Promise<void> => {
    await docker('rm', '--force', '--volumes', name)
    await rm(folder, { recursive: true })
  }
  try {
    await docker('run', '--detach', ...container, image, ...flags, '--storage.path=/alertmanager')
    await ready(url)
    const { versionInfo } = (await (await fetch(`${url}/api/v2/status`)).json()) as { versionInfo: { version: string } }
    return {
      url,
      version: versionInfo.version,
      kill: async () => void (await docker('kill', '--signal', 'KILL', name)),
      start: async () => {
        await docker('start', name)
        await ready(url)
      },
      [Symbol.asyncDispose]: remove,
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function ready(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const response = await fetch(`${url}/-/ready`).catch(() => undefined)
    if (response?.ok === true) return
    await delay(100)
  }
  throw new Error(`Alertmanager was not ready within 20 s on ${url}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
