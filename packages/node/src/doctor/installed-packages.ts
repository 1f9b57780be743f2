import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** An installed package that an application can load. */
export interface InstalledPackage {
  /** Real path, by which Node distinguishes copies. */
  readonly folder: string
  readonly name: string
  readonly version: string
  /** The packages that depend on it, with their version ranges. */
  readonly dependents: readonly { readonly name: string; readonly version: string; readonly range: string }[]
}

/** More packages than any application has. */
const maxPackages = 20_000

/** Every package that the application in `cwd` can reach, resolved as Node does, so that each copy is listed. */
export function installedPackages(cwd: string): InstalledPackage[] {
  const root = folderWithManifest(cwd)
  if (root === undefined) return []
  const found = new Map<string, InstalledPackage & { dependents: InstalledPackage['dependents'][number][] }>()
  const waiting = [root]
  const seen = new Set(waiting)
  for (let folder = waiting.pop(); folder !== undefined && seen.size < maxPackages; folder = waiting.pop()) {
    const manifest = readManifest(folder)
    const { name = '(application)', version = '' } = manifest ?? {}
    for (const [wanted, range] of Object.entries(dependenciesOf(manifest ?? {}, folder === root))) {
      const target = resolve(wanted, folder)
      if (target === undefined) continue
      const entry = found.get(target) ?? {
        folder: target,
        name: wanted,
        version: readManifest(target)?.version ?? '',
        dependents: [],
      }
      entry.dependents.push({ name, version, range })
      found.set(target, entry)
      if (!seen.has(target)) waiting.push(target)
      seen.add(target)
    }
  }
  return [...found.values()]
}

function dependenciesOf(manifest: Manifest, isRoot: boolean): Record<string, string> {
  const { dependencies, optionalDependencies, peerDependencies, devDependencies } = manifest
  return { ...peerDependencies, ...optionalDependencies, ...dependencies, ...(isRoot && devDependencies) }
}

function folderWithManifest(folder: string): string | undefined {
  if (readManifest(folder)) return realpathSync(folder)
  const parent = dirname(folder)
  return parent === folder ? undefined : folderWithManifest(parent)
}

/** Searches `node_modules` of the folder and of all folders above it, as Node does. */
function resolve(name: string, from: string): string | undefined {
  const candidate = join(from, 'node_modules', name)
  if (readManifest(candidate)) return realpathSync(candidate)
  const parent = dirname(from)
  return parent === from ? undefined : resolve(name, parent)
}

function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  } catch {
    return undefined
  }
}
