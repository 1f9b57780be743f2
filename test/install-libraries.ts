import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const folder = new URL('libraries/', import.meta.url)
const installedFrom = new URL('node_modules/.installed-from', folder)
const lock = new URL('.installing/', folder)

/**
 * Installs the libraries of `test/libraries` into its own `node_modules`, unless they are there: about 260 MB, no script of them runs.
 * Returns why it could not, or throws that with `REQUIRE_STACK=1`. Test files may call it side by side.
 */
export async function installLibraries(): Promise<string | undefined> {
  const lockfile = createHash('sha256')
    .update(await readFile(new URL('pnpm-lock.yaml', folder)))
    .digest('hex')
  const isInstalled = async (): Promise<boolean> => (await readFile(installedFrom, 'utf8').catch(() => '')) === lockfile
  const release = await takeLock(isInstalled)
  try {
    if (await isInstalled()) return undefined
    console.log('installing the libraries of test/libraries')
    await run('npx', ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--ignore-scripts'], { cwd: folder })
    await writeFile(installedFrom, lockfile)
    return undefined
  } catch (error) {
    // pnpm writes why to stdout, npx to stderr
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const [why = String(error)] = [stdout.trim().split('\n').at(-1), stderr.trim().split('\n')[0]].filter(Boolean)
    const reason = `not installed: ${why}`
    if (process.env['REQUIRE_STACK'] === '1') throw new Error(`test/libraries: ${reason}`, { cause: error })
    console.log(`skipped: real libraries, ${reason}`)
    return reason
  } finally {
    await release()
  }
}

/** A folder is the lock, because making one is atomic; one that was left behind is taken over after four minutes. */
async function takeLock(isInstalled: () => Promise<boolean>): Promise<() => Promise<void>> {
  const begun = Date.now()
  while (!(await isInstalled())) {
    const taken = await mkdir(lock).then(
      () => true,
      () => Date.now() - begun > 240_000,
    )
    if (taken) return () => rmdir(lock).catch(() => {})
    await delay(200)
  }
  return async () => {}
}
