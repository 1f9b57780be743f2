import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { repositoryRoot } from '@swarmwatch/testkit'

const run = promisify(execFile)

/**
 * Builds packages of this repository and installs them in a new folder as users get them: `dist/` and its dependencies.
 * Returns the folder; the caller removes it.
 */
export async function installBuiltPackages(names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-'))
  const modules = join(folder, 'node_modules')
  for (const name of names) {
    const source = join(repositoryRoot, 'packages', name)
    await build(source, join(modules, '@swarmwatch', name))
    for (const dependency of await dependenciesOf(source)) {
      const target = join(modules, dependency)
      await mkdir(dirname(target), { recursive: true })
      await symlink(join(source, 'node_modules', dependency), target).catch(ignoreExisting)
    }
  }
  return folder
}

async function build(source: string, target: string): Promise<void> {
  await cp(join(source, 'package.json'), join(target, 'package.json'))
  // what a package needs at run time besides its code
  const data = join(source, 'migrations')
  if (existsSync(data)) await cp(data, join(target, 'migrations'), { recursive: true })
  const flags = ['--config', 'tsdown.config.ts', '--out-dir', join(target, 'dist'), '--no-publint', '--no-attw', '--no-dts']
  await run(join(source, 'node_modules/.bin/tsdown'), flags, { cwd: source })
}

/** Returns the names in its `node_modules`, without packages of this repository. */
async function dependenciesOf(source: string): Promise<string[]> {
  const modules = join(source, 'node_modules')
  const names = (await readdir(modules)).filter((entry) => !entry.startsWith('.') && entry !== '@swarmwatch')
  const below = names.map(async (entry) =>
    entry.startsWith('@') ? (await readdir(join(modules, entry))).map((inScope) => `${entry}/${inScope}`) : [entry],
  )
  return (await Promise.all(below)).flat()
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
