import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { temporaryFolder } from '@swarmwatch/testkit/vitest'

interface Manifest {
  readonly name: string
  readonly version?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/**
 * A folder with these packages by relative path (the application is ''), and links from path to
 * path; removed when the test ends.
 */
export function applicationWith(
  packages: Readonly<Record<string, Manifest>>,
  links: Readonly<Record<string, string>> = {},
): string {
  const folder = temporaryFolder()
  for (const [path, manifest] of Object.entries(packages)) {
    mkdirSync(join(folder, path), { recursive: true })
    writeFileSync(join(folder, path, 'package.json'), JSON.stringify(manifest))
  }
  for (const [from, to] of Object.entries(links)) {
    mkdirSync(dirname(join(folder, from)), { recursive: true })
    symlinkSync(join(folder, to), join(folder, from))
  }
  return folder
}

export const apiOf = (version: string): Manifest => ({ name: '@opentelemetry/api', version })
