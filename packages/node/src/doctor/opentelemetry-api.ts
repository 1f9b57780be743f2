import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { type Finding, ok, wrong } from './finding.ts'

type Dependent = InstalledPackage['dependents'][number]

const api = '@opentelemetry/api'
const maxNamed = 3

/**
 * Checks that the application in `cwd` has one version of the OpenTelemetry API, and that it suits
 * every package that depends on it.
 */
export function checkApi(cwd: string, packages: readonly InstalledPackage[] = installedPackages(cwd)): Finding[] {
  const copies = packages
    .filter(({ name }) => name === api)
    .toSorted((one, other) => one.version.localeCompare(other.version, 'en', { numeric: true }))
  const newest = copies.at(-1)
  if (newest === undefined) {
    return [wrong(`${api} is not installed here: run the doctor in the folder of the application, or install it there`)]
  }
  const versions = [...new Set(copies.map(({ version }) => version))]
  const dependents = copies.flatMap(({ dependents }) => dependents)
  if (versions.length > 1) {
    const each = versions.map((version) => {
      const brought = copies.filter((copy) => copy.version === version).flatMap(({ dependents }) => dependents)
      return `${version} (installed by ${namesOf(brought)})`
    })
    return [
      wrong(
        `${copies.length} copies of ${api}: ${each.join(' and ')}; data recorded with one copy is invisible to the other. ${cure(dependents, versions)}`,
      ),
    ]
  }
  const unsuited = dependents.filter(({ range }) => !isInRange(newest.version, range))
  if (unsuited.length > 0) {
    const needs = `${api} is ${newest.version}, but ${namesOf(unsuited)} needs ${unsuited[0]!.range}: telemetry may be missing without an error`
    return [wrong(`${needs}. ${cure(dependents, versions)}`)]
  }
  // Copies of one version find what the others have registered
  return [
    ok(
      copies.length === 1 ? `one copy of ${api}, ${newest.version}` : `${copies.length} copies of ${api}, all ${newest.version}`,
    ),
  ]
}

/**
 * The cure in one step: a version that suits every dependent package, or the packages to update
 * first.
 */
function cure(dependents: readonly Dependent[], installed: readonly string[]): string {
  const candidates = [...new Set([...installed, ...dependents.flatMap(({ range }) => versionsIn(range))])].toSorted(
    (one, other) => other.localeCompare(one, 'en', { numeric: true }),
  )
  const suits = (version: string): boolean => dependents.every(({ range }) => isInRange(version, range))
  const target = candidates.find(suits)
  if (target !== undefined) {
    return `Use ${target} everywhere: "overrides" in package.json (npm) or pnpm-workspace.yaml (pnpm), "resolutions" (yarn), then install again`
  }
  const newest = candidates[0]!
  const behind = dependents.filter(({ range }) => !isInRange(newest, range))
  const each = [...new Set(behind.map(({ name, version, range }) => `${`${name} ${version}`.trim()} (wants ${range})`))]
  return `No version satisfies all of them, so an override only moves the problem: update ${each.join(', ')} to a release that accepts ${newest} (in your own package.json: change the range), then install again`
}

function namesOf(dependents: readonly Dependent[]): string {
  const names = [...new Set(dependents.map(({ name, version }) => `${name} ${version}`.trim()))]
  const more = names.length - maxNamed
  return more > 0 ? `${names.slice(0, maxNamed).join(', ')} and ${more} more` : names.join(', ')
}

type Version = readonly [major: number, minor: number, patch: number]

/**
 * Whether a version is in a range of a package.json. Supports what packages write for the
 * OpenTelemetry API; an unknown range contains every version.
 */
export function isInRange(version: string, range: string): boolean {
  const parsed = parse(version)
  return range.split('||').some((part) => comparators(part).every((comparator) => holds(parsed, comparator)))
}

/** The versions that a range mentions and may allow: the 1.3.0 of `>=1.3.0 <1.10.0`. */
function versionsIn(range: string): string[] {
  return [...range.matchAll(/(<\s*)?v?(\d+\.\d+)(\.\d+)?/g)].flatMap(([, excluded, minor, patch = '.0']) =>
    excluded === undefined ? `${minor}${patch}` : [],
  )
}

function comparators(range: string): string[] {
  // ">= 1.3.0 < 1.10.0" as ">=1.3.0", "<1.10.0"
  return range
    .trim()
    .replace(/([<>=~^])\s+/g, '$1')
    .split(/\s+/)
}

function holds(version: Version, comparator: string): boolean {
  const [, operator = '', bound] = /^([<>=~^]*)v?(\d+(?:\.\d+){0,2})$/.exec(comparator) ?? []
  if (bound === undefined) return true
  const parts = bound.split('.').length
  const least = parse(bound)
  const order = compare(version, least)
  if (operator === '>=') return order >= 0
  if (operator === '>') return order > 0
  if (operator === '<') return order < 0
  if (operator === '<=') return order <= 0
  if (operator === '^') return order >= 0 && version[0] === least[0] && (least[0] > 0 || version[1] === least[1])
  if (operator === '~') return order >= 0 && version[0] === least[0] && (parts === 1 || version[1] === least[1])
  return version.slice(0, parts).every((number, index) => number === least[index])
}

function parse(version: string): Version {
  const [major = 0, minor = 0, patch = 0] = version.split(/[-+]/, 1)[0]!.split('.').map(Number)
  return [major, minor, patch]
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2]
}

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

/**
 * Every package that the application in `cwd` can reach, resolved as Node does, so that each copy
 * is listed.
 */
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
