import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Node's flags for a process that imports peers; `resolve-peers.ts` describes them. */
export const peerFlags: readonly string[] = ['--import', new URL('resolve-peers.ts', import.meta.url).href]

/** Imports a package of `bench/peers`, in a process that was started with {@link peerFlags}. */
export async function importPeer<Exports extends object>(name: string): Promise<Exports> {
  const module = (await import(`peer:${name}`)) as Exports & { default?: Exports }
  // What Node does not find in a CommonJS module by reading it is in its default export
  return { ...module.default, ...module }
}

const run = promisify(execFile)
const folder = new URL('../../peers/', import.meta.url)
const installedFrom = new URL('node_modules/.installed-from', folder)

/**
 * Installs the peers into `bench/peers/node_modules`, unless they are installed already. Returns the reason when that fails; the rows of
 * the peers then contain it, and the others are measured.
 */
export async function installPeers(): Promise<string | undefined> {
  const lockfile = createHash('sha256')
    .update(await readFile(new URL('pnpm-lock.yaml', folder)))
    .digest('hex')
  if ((await readFile(installedFrom, 'utf8').catch(() => '')) === lockfile) return undefined
  console.log('installing the peers into bench/peers/node_modules (about 250 MB; no script of it runs)')
  try {
    await run('npx', ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--ignore-scripts'], { cwd: folder })
    await writeFile(installedFrom, lockfile)
    return undefined
  } catch (error) {
    const reason = `not installed: ${(error as { stdout?: string }).stdout?.trim().split('\n').at(-1) ?? String(error)}`
    console.log(`bench/peers: ${reason}`)
    return reason
  }
}
