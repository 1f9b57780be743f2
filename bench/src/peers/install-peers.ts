import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const folder = new URL('../../peers/', import.meta.url)
const installedFrom = new URL('node_modules/.installed-from', folder)

/**
 * Installs what the benchmarks compare with into `bench/peers/node_modules`, unless it is there already. Gives why it could not; its rows
 * then say so, and the others are measured all the same.
 */
export async function installPeers(): Promise<string | undefined> {
  const lockfile = createHash('sha256')
    .update(await readFile(new URL('pnpm-lock.yaml', folder)))
    .digest('hex')
  if ((await readFile(installedFrom, 'utf8').catch(() => '')) === lockfile) return undefined
  console.log('installing what is compared with into bench/peers/node_modules (about 250 MB; no script of it runs)')
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
