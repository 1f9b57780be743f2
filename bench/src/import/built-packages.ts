import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const packages = fileURLToPath(new URL('../../../packages', import.meta.url))

/** A folder that has installed `@swarmwatch/sdk` and `@swarmwatch/node` as users get them: `dist/`, and what they depend on. */
export async function installBuiltPackages(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-'))
  const modules = join(folder, 'node_modules')
  for (const name of ['sdk', 'config', 'node']) {
    await build(name, join(modules, '@swarmwatch', name))
    for (const dependency of await dependenciesOf(name)) {
      const target = join(modules, dependency)
      await mkdir(dirname(target), { recursive: true })
      await symlink(join(packages, name, 'node_modules', dependency), target).catch(ignoreWhatIsThere)
    }
  }
  return folder
}

async function build(name: string, target: string): Promise<void> {
  const from = join(packages, name)
  await cp(join(from, 'package.json'), join(target, 'package.json'))
  const flags = ['--config', 'tsdown.config.ts', '--out-dir', join(target, 'dist'), '--no-publint', '--no-attw', '--no-dts']
  await run(join(from, 'node_modules/.bin/tsdown'), flags, { cwd: from })
}

/** Everything in its `node_modules` but what is ours. */
async function dependenciesOf(name: string): Promise<string[]> {
  const modules = join(packages, name, 'node_modules')
  const names = (await readdir(modules)).filter((entry) => !entry.startsWith('.') && entry !== '@swarmwatch')
  const below = names.map(async (entry) =>
    entry.startsWith('@') ? (await readdir(join(modules, entry))).map((inScope) => `${entry}/${inScope}`) : [entry],
  )
  return (await Promise.all(below)).flat()
}

function ignoreWhatIsThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
