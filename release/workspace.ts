import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A package of the workspace, as its `package.json` describes it. */
export interface WorkspacePackage {
  readonly name: string
  readonly version: string
  /** Folder relative to the root, with slashes. */
  readonly folder: string
  readonly isPrivate: boolean
  readonly dependencies: readonly string[]
}

/** All packages of the workspace, each after those that it depends on. */
export function workspacePackages(root: string): WorkspacePackage[] {
  const manifests = globSync(['packages/*/package.json', 'bench/package.json', 'site/package.json'], { cwd: root }).toSorted()
  const all = manifests.map((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest
    const folder = dirname(path).replaceAll('\\', '/')
    const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    return { name: manifest.name, version: manifest.version, folder, isPrivate: manifest.private === true, dependencies }
  })
  return inOrderOfDependencies(all)
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** The packages that npm users can install, in the order in which they must be published. */
export function publishedPackages(root: string): WorkspacePackage[] {
  return workspacePackages(root).filter((each) => !each.isPrivate)
}

function inOrderOfDependencies(all: readonly WorkspacePackage[]): WorkspacePackage[] {
  const ordered: WorkspacePackage[] = []
  const add = (each: WorkspacePackage): void => {
    if (ordered.includes(each)) return
    for (const other of all) if (each.dependencies.includes(other.name) && other !== each) add(other)
    ordered.push(each)
  }
  for (const each of all) add(each)
  return ordered
}

/** Runs pnpm in `cwd`; returns its standard output. Throws with all of its output when it fails. */
export function pnpm(cwd: string, ...args: string[]): string {
  return run('npx', ['--yes', 'pnpm@12.21.0', ...args], cwd)
}

/** Runs git in `cwd`; returns its standard output without spaces at the end. */
export function git(cwd: string, ...args: string[]): string {
  return run('git', args, cwd).trimEnd()
}

function run(program: string, args: readonly string[], cwd: string): string {
  // The tools need the Node that runs this, not one that comes first on the machine
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, CI: '1' }
  try {
    return execFileSync(program, args, { cwd, env, encoding: 'utf8', maxBuffer: 100_000_000, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: error })
  }
}
