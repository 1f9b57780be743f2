import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Installs the libraries of `test/libraries`, about 260 MB; otherwise like {@link installFrameworks}. */
export function installLibraries(): Promise<string | undefined> {
  return installPackages('libraries')
}

/**
 * Installs the agent frameworks of `test/frameworks` into its own `node_modules`, unless they are there: about 500 MB, no script of them
 * runs. Returns why it could not, or throws that with `REQUIRE_STACK=1`. Test files may call it at the same time.
 */
export function installFrameworks(): Promise<string | undefined> {
  return installPackages('frameworks')
}

/** Installs the npm registry of `test/registry`, about 65 MB; otherwise like {@link installFrameworks}. */
export function installRegistry(): Promise<string | undefined> {
  return installPackages('registry')
}

/** Installs the web frameworks of `test/platforms`, about 26 MB; otherwise like {@link installFrameworks}. */
export function installPlatforms(): Promise<string | undefined> {
  return installPackages('platforms')
}

async function installPackages(name: 'libraries' | 'frameworks' | 'platforms' | 'registry'): Promise<string | undefined> {
  const folder = new URL(`${name}/`, import.meta.url)
  const installedFrom = new URL('node_modules/.installed-from', folder)
  const lockfile = createHash('sha256')
    .update(await readFile(new URL('pnpm-lock.yaml', folder)))
    .digest('hex')
  const isInstalled = async (): Promise<boolean> => (await readFile(installedFrom, 'utf8').catch(() => '')) === lockfile
  const release = await takeLock(new URL('.installing/', folder), isInstalled)
  try {
    if (await isInstalled()) return undefined
    console.log(`installing the packages of test/${name}`)
    await run('npx', ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--ignore-scripts'], { cwd: folder })
    await writeFile(installedFrom, lockfile)
    return undefined
  } catch (error) {
    // pnpm writes why to stdout, npx to stderr
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const [why = String(error)] = [stdout.trim().split('\n').at(-1), stderr.trim().split('\n')[0]].filter(Boolean)
    const reason = `not installed: ${why}`
    if (process.env['REQUIRE_STACK'] === '1') throw new Error(`test/${name}: ${reason}`, { cause: error })
    console.log(`skipped: test/${name}, ${reason}`)
    return reason
  } finally {
    await release()
  }
}

/** A folder is the lock, because making one is atomic; one that was left behind is taken over after four minutes. */
async function takeLock(lock: URL, isInstalled: () => Promise<boolean>): Promise<() => Promise<void>> {
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
