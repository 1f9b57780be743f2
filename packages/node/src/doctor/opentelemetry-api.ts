import { type Finding, ok, wrong } from './finding.ts'
import { type InstalledPackage, installedPackages } from './installed-packages.ts'
import { isInRange, versionsIn } from './version-range.ts'

type Asker = InstalledPackage['askedBy'][number]

const api = '@opentelemetry/api'
const mostNamed = 3

/** Whether the application in `cwd` has one version of the OpenTelemetry API, and one that all who ask for it can use. */
export function checkApi(cwd: string, packages: readonly InstalledPackage[] = installedPackages(cwd)): Finding[] {
  const copies = packages
    .filter(({ name }) => name === api)
    .toSorted((one, other) => one.version.localeCompare(other.version, 'en', { numeric: true }))
  const newest = copies.at(-1)
  if (newest === undefined) {
    return [wrong(`${api} is not installed here: run the doctor in the folder of the application, or install it there`)]
  }
  const versions = [...new Set(copies.map(({ version }) => version))]
  const askers = copies.flatMap(({ askedBy }) => askedBy)
  if (versions.length > 1) {
    const each = versions.map((version) => {
      const brought = copies.filter((copy) => copy.version === version).flatMap(({ askedBy }) => askedBy)
      return `${version} (brought by ${namesOf(brought)})`
    })
    return [
      wrong(
        `${copies.length} copies of ${api}: ${each.join(' and ')}; what one records the other does not see. ${cure(askers, versions)}`,
      ),
    ]
  }
  const unhappy = askers.filter(({ range }) => !isInRange(newest.version, range))
  if (unhappy.length > 0) {
    const needs = `${api} is ${newest.version}, but ${namesOf(unhappy)} needs ${unhappy[0]!.range}: nothing may be recorded, silently`
    return [wrong(`${needs}. ${cure(askers, versions)}`)]
  }
  // Copies of one version find what the others have registered
  return [
    ok(
      copies.length === 1 ? `one copy of ${api}, ${newest.version}` : `${copies.length} copies of ${api}, all ${newest.version}`,
    ),
  ]
}

/** One step that ends the trouble for all who ask: a version that suits everybody, or who must be updated first. */
function cure(askers: readonly Asker[], installed: readonly string[]): string {
  const candidates = [...new Set([...installed, ...askers.flatMap(({ range }) => versionsIn(range))])].toSorted((one, other) =>
    other.localeCompare(one, 'en', { numeric: true }),
  )
  const suits = (version: string): boolean => askers.every(({ range }) => isInRange(version, range))
  const target = candidates.find(suits)
  if (target !== undefined) {
    return `Let all use ${target}: "overrides" in package.json (npm) or pnpm-workspace.yaml (pnpm), "resolutions" (yarn), then install again`
  }
  const newest = candidates[0]!
  const behind = askers.filter(({ range }) => !isInRange(newest, range))
  const each = [...new Set(behind.map(({ name, version, range }) => `${`${name} ${version}`.trim()} (wants ${range})`))]
  return `No version suits all, so an override only moves the trouble: update ${each.join(', ')} to a release that takes ${newest} (in your own package.json: change the range), then install again`
}

function namesOf(askers: readonly Asker[]): string {
  const names = [...new Set(askers.map(({ name, version }) => `${name} ${version}`.trim()))]
  const more = names.length - mostNamed
  return more > 0 ? `${names.slice(0, mostNamed).join(', ')} and ${more} more` : names.join(', ')
}
