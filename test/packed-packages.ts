import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

/** The packages that are published and can be packed today, in the order of their imports. */
export const published = [
  'sdk',
  'testing',
  'instrumentation',
  'config',
  'alert-bridge',
  'advisor',
  'node',
  'stack',
  'cli',
] as const
export type Published = (typeof published)[number]

/** A published package as npm would hand it out. */
export interface PackedPackage {
  readonly name: Published
  readonly folder: string
  /** Path of the file that npm would download. */
  readonly tarball: string
  readonly manifest: Manifest
  /** Paths of its files, sorted. */
  readonly files: readonly string[]
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** Packed packages that an earlier test of the same sources made, by the hash of those. */
const cache = join(root, 'node_modules/.cache/packed-packages')

/**
 * The published packages, built (with publint and attw), packed and unpacked. Test files share them until a source changes; do not write
 * into their folders. They are made in a copy of the workspace below `folder`: a `dist/` that comes and goes in the real one would disturb
 * other tests. Rejects with the tool's output when one finds fault.
 */
export async function packPublished(folder: string): Promise<PackedPackage[]> {
  const workspace = await copyWorkspace(folder)
  const place = join(cache, await hashOf(workspace))
  if (!existsSync(place)) await packInto(place, workspace)
  await rm(workspace, { recursive: true, force: true })
  return Promise.all(published.map((name) => readPacked(place, name)))
}

/** SHA-256 of all that the packages are made from: the workspace, the tools, Node and this file. */
async function hashOf(workspace: string): Promise<string> {
  const entries = await readdir(workspace, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const hash = createHash('sha256').update(process.version)
  for (const path of [fileURLToPath(import.meta.url), join(root, 'pnpm-lock.yaml')]) hash.update(await readFile(path))
  for (const path of paths.toSorted()) hash.update(`\0${relative(workspace, path)}\0`).update(await readFile(path))
  return hash.digest('hex')
}

/** Two test files that begin together both build; the first one wins, with the same packages. */
async function packInto(place: string, workspace: string): Promise<void> {
  await pnpm(workspace, '--recursive', 'run', 'build')
  await removeOutdated()
  await mkdir(cache, { recursive: true })
  const own = await mkdtemp(join(cache, 'packing-'))
  await Promise.all(published.map((name) => pack(workspace, name, join(own, name))))
  await rename(own, place).catch(async (error: unknown) => {
    if (!existsSync(place)) throw error
    await rm(own, { recursive: true, force: true })
  })
}

/** Removes what no test can still use: packages of a day ago. */
async function removeOutdated(): Promise<void> {
  for (const name of await readdir(cache).catch(() => [])) {
    const { mtimeMs } = await stat(join(cache, name))
    if (Date.now() - mtimeMs > 86_400_000) await rm(join(cache, name), { recursive: true, force: true })
  }
}

async function copyWorkspace(folder: string): Promise<string> {
  const workspace = await mkdtemp(join(folder, 'workspace-'))
  for (const file of ['package.json', 'tsconfig.base.json', 'LICENSE']) await cp(join(root, file), join(workspace, file))
  await mkdir(join(workspace, 'node_modules'))
  await symlink(join(root, 'node_modules/.pnpm'), join(workspace, 'node_modules/.pnpm'))
  const settings = await readFile(join(root, 'pnpm-workspace.yaml'), 'utf8')
  // What is installed is linked, not installed again
  await writeFile(
    join(workspace, 'pnpm-workspace.yaml'),
    settings.replace(/^verifyDepsBeforeRun: .*$/m, 'verifyDepsBeforeRun: false'),
  )
  // The package of the stack is made from that of the repository
  for (const path of [
    'docker-compose.production.yml',
    'Dockerfile.production',
    '.env.production.example',
    'collector',
    'config',
    'grafana',
  ]) {
    await cp(join(root, path), join(workspace, path), { recursive: true })
  }
  // The tsconfig files of the others refer to testkit; secrets becomes part of cli
  for (const name of [...published, 'testkit', 'secrets']) {
    await cp(join(root, 'packages', name), join(workspace, 'packages', name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !/\/(dist|\.tsc|test)$/.test(path),
    })
  }
  return workspace
}

async function pack(workspace: string, name: Published, out: string): Promise<void> {
  await mkdir(out)
  await pnpm(join(workspace, 'packages', name), 'pack', '--pack-destination', out)
  await run('tar', ['-xzf', join(out, await tarballIn(out)), '-C', out])
}

async function readPacked(place: string, name: Published): Promise<PackedPackage> {
  const folder = join(place, name, 'package')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
  const tarball = join(place, name, await tarballIn(join(place, name)))
  return { name, folder, tarball, manifest, files: files.toSorted() }
}

const tarballIn = async (folder: string): Promise<string> => (await readdir(folder)).find((file) => file.endsWith('.tgz'))!

async function pnpm(cwd: string, ...args: string[]): Promise<void> {
  // The tools need the Node that runs this, not one that comes first on the machine
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
  try {
    await run('npx', ['--yes', 'pnpm@12.21.0', ...args], { cwd, env, maxBuffer: 50_000_000 })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`pnpm ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: error })
  }
}

/**
 * A new folder below `folder` as after `npm install`: the packed packages, their dependencies as installed here, and `others`
 * (package name to folder), which win.
 */
export async function consumerOf(
  packed: readonly PackedPackage[],
  folder: string,
  others: Readonly<Record<string, string>> = {},
): Promise<string> {
  const consumer = await mkdtemp(join(folder, 'consumer-'))
  const modules = join(consumer, 'node_modules')
  for (const each of packed) await cp(each.folder, join(modules, each.manifest.name), { recursive: true })
  const thirdParty = packed.flatMap(({ name, manifest }) =>
    Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      .filter((dependency) => !dependency.startsWith('@swarmwatch/'))
      .map((dependency) => [dependency, installed(`packages/${name}`, dependency)] as const),
  )
  for (const [name, target] of Object.entries({ ...Object.fromEntries(thirdParty), ...others })) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(target, join(modules, name))
  }
  await writeFile(join(consumer, 'package.json'), '{ "private": true, "type": "module" }\n')
  return consumer
}

/** Folder of a package that a workspace package (or the root: '') has installed. */
export function installed(workspacePackage: string, name: string): string {
  return join(root, workspacePackage, 'node_modules', name)
}
