import { execFileSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'

/** An address beyond this machine that can be reached from it: the package registry, which has just been asked for packages. */
export async function outsideAddress(): Promise<{ readonly address: string; readonly port: number }> {
  const registry = new URL(
    execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  const { address } = await lookup(registry.hostname, { family: 4 })
  return { address, port: Number(registry.port || (registry.protocol === 'https:' ? 443 : 80)) }
}
