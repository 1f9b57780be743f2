import { type Finding, ok, wrong } from './finding.ts'
import { type InstalledPackage, installedPackages } from './installed-packages.ts'
import { isInRange } from './version-range.ts'

const api = '@opentelemetry/api'
const mostNamed = 3

/** Whether the application in `cwd` has one copy of the OpenTelemetry API, and one that all who ask for it can use. */
export function checkApi(cwd: string): Finding[] {
  const copies = installedPackages(cwd)
    .filter(({ name }) => name === api)
    .toSorted((one, other) => one.version.localeCompare(other.version, 'en', { numeric: true }))
  const newest = copies.at(-1)
  if (newest === undefined) {
    return [wrong(`${api} is not installed here: run the doctor in the folder of the application, or install it there`)]
  }
  const findings = copies.flatMap(unsuited)
  if (copies.length > 1) {
    const each = copies.map((copy) => `${copy.version} (brought by ${namesOf(copy)})`).join(' and ')
    findings.unshift(
      wrong(
        `${copies.length} copies of ${api}: ${each}; what one records the other does not see. ` +
          `Let all use ${newest.version}: "overrides" in package.json or pnpm-workspace.yaml, then install again`,
      ),
    )
  }
  return findings.length > 0 ? findings : [ok(`one copy of ${api}, ${newest.version}`)]
}

/** SDK 3 needs 1.10: with 1.9 it records nothing, and says nothing. */
function unsuited(copy: InstalledPackage): Finding[] {
  const unhappy = copy.askedBy.filter(({ range }) => !isInRange(copy.version, range))
  if (unhappy.length === 0) return []
  const [{ range }] = unhappy as [InstalledPackage['askedBy'][number]]
  const who = namesOf({ ...copy, askedBy: unhappy })
  const text = `${api} is ${copy.version}, but ${who} needs ${range}: nothing may be recorded, silently`
  return [wrong(`${text}. Install ${api} in that range in the application`)]
}

function namesOf({ askedBy }: InstalledPackage): string {
  const names = [...new Set(askedBy.map(({ name, version }) => `${name} ${version}`.trim()))]
  const more = names.length - mostNamed
  return more > 0 ? `${names.slice(0, mostNamed).join(', ')} and ${more} more` : names.join(', ')
}
