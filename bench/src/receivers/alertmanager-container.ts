import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { docker, eventually, freePort, imageOf } from '@swarmwatch/testkit'

import type { Killable } from './killable.ts'

const image = imageOf('alertmanager')

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
    await isReady(url)
    const { versionInfo } = (await (await fetch(`${url}/api/v2/status`)).json()) as { versionInfo: { version: string } }
    return {
      url,
      version: versionInfo.version,
      kill: async () => void (await docker('kill', '--signal', 'KILL', name)),
      start: async () => {
        await docker('start', name)
        await isReady(url)
      },
      [Symbol.asyncDispose]: remove,
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function isReady(url: string): Promise<void> {
  await eventually(`Alertmanager on ${url} to be ready`, async () => (await fetch(`${url}/-/ready`)).ok)
}
