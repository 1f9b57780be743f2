import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, symlink, copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const packages = fileURLToPath(new URL('../../../packages', import.meta.url))

/** A folder that has installed the bridge as users get it: `dist/` of it and of the settings, and what both stand on. */
export interface BuiltBridge {
  readonly folder: string
  /** The program. */
  readonly cli: string
}

export async function buildBridge(): Promise<BuiltBridge> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-bridge-'))
  const installed = join(folder, 'node_modules/@swarmwatch')
  for (const name of ['config', 'alert-bridge']) await install(join(packages, name), join(installed, name))
  return { folder, cli: join(installed, 'alert-bridge/dist/cli.mjs') }
}

async function install(source: string, target: string): Promise<void> {
  const modules = join(target, 'node_modules')
  await mkdir(modules, { recursive: true })
  await copyFile(join(source, 'package.json'), join(target, 'package.json'))
  for (const name of await readdir(join(source, 'node_modules'))) {
    // of our own packages the built ones are taken, which lie beside
    if (name !== '@swarmwatch' && name !== '.bin') await symlink(join(source, 'node_modules', name), join(modules, name))
  }
  const build = ['--config', 'tsdown.config.ts', '--out-dir', join(target, 'dist'), '--no-publint', '--no-attw', '--no-dts']
  await run(join(source, 'node_modules/.bin/tsdown'), build, { cwd: source })
}
