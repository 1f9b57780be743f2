import { readdirSync, readFileSync } from 'node:fs'
// As a whole, because other runtimes lack parts of it
import * as nodeModule from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** Returns the version of a package that the running program, or one in the current folder, can import; undefined in a bundle. */
export function installedVersion(packageName: string): string | undefined {
  return find(packageName, [process.argv[1], programIn(process.cwd())])?.version
}

/** Texts that a package does not contain. */
export interface MissingTexts {
  readonly version: string
  readonly texts: readonly string[]
}

/**
 * Searches the JavaScript of an installed package for the names that a hook depends on. Returns undefined if it contains them all, or
 * if no file in `folders` can import the package. It reads up to every file of the package, so it is for a check on request, not for a
 * start.
 */
export function missingTexts(
  packageName: string,
  texts: readonly string[],
  folders: readonly string[],
): MissingTexts | undefined {
  const found = find(packageName, folders.map(programIn))
  if (!found) return undefined
  const missing = new Set(texts)
  for (const file of javaScriptIn(found.folder)) {
    if (missing.size === 0) break
    const content = readFileSync(file, 'utf8')
    for (const text of missing) if (content.includes(text)) missing.delete(text)
  }
  return missing.size === 0 ? undefined : { version: found.version, texts: [...missing] }
}

interface Package {
  readonly folder: string
  readonly version: string
}

const programIn = (folder: string): string => path.join(folder, 'program.js')

function find(packageName: string, bases: readonly (string | undefined)[]): Package | undefined {
  for (const base of bases) {
    if (base === undefined) continue
    try {
      const file = nodeModule.findPackageJSON(packageName, pathToFileURL(base))
      if (file === undefined) continue
      const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }
      if (typeof version === 'string') return { folder: path.dirname(file), version }
    } catch {
      // Not installed for this base
    }
  }
  return undefined
}

function javaScriptIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?js$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !path.relative(folder, file).includes('node_modules'))
}
