import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const folder = new URL('./', import.meta.url)
const installedFrom = new URL('node_modules/.installed-from', folder)

/**
 * Installs Grafana's packages (100 MB, no script of them runs) next to this file, unless they are
 * there already. Returns why it could not: the tests that need them are then skipped, with that
 * reason.
 */
export function installGrafana(): string | undefined {
  const lockfile = createHash('sha256')
    .update(readFileSync(new URL('pnpm-lock.yaml', folder)))
    .digest('hex')
  try {
    if (readFileSync(installedFrom, 'utf8') === lockfile) return undefined
  } catch {
    // Not installed yet
  }
  try {
    const install = ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--ignore-scripts']
    execFileSync('npx', install, { cwd: folder, stdio: 'pipe' })
    writeFileSync(installedFrom, lockfile)
    return undefined
  } catch (error) {
    return `Grafana's packages could not be installed: ${String(error).split('\n')[0]}`
  }
}
