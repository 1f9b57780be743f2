import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

import { ConfigurationError } from '@swarmwatch/config'
import type { StackService } from '@swarmwatch/stack'

import type { PackageEdit } from './package-file.ts'

/** Record of the changes that `init` made in a project, for `--update` and `--remove`. */
export interface InitRecord {
  /** Version of the package that wrote the files. */
  readonly version: string
  readonly service: StackService
  /** Edits of `package.json`, in their order. */
  readonly packageEdits: readonly PackageEdit[]
  /** Files of the project that `init` changed or created, with the text before (undefined: none) and after. */
  readonly projectFiles: readonly ProjectEdit[]
  /** The text of `package.json` before the first edit. */
  readonly packageBefore: string
  /** The lock file that the installation created, if there was none before. */
  readonly createdLockFile?: string | undefined
  /** Whether there was a `node_modules` before. */
  readonly hadModules: boolean
  /** Texts of the stack as they were written, by their path below the folder; none with `--no-stack`. */
  readonly stack: Readonly<Record<string, string>>
}

/** A text file of the project that was edited. */
export interface ProjectEdit {
  readonly path: string
  readonly before?: string | undefined
  readonly after: string
}

/** Whether the project has a stack of its own: not with `--no-stack`. */
export function hasStack({ stack }: Pick<InitRecord, 'stack'>): boolean {
  return Object.keys(stack).length > 0
}

/** Folder of the record below that of the stack. */
export const recordFolder = '.init'
const format = 1

/**
 * The record of a stack's folder; undefined if there is none.
 * @throws ConfigurationError when it is damaged
 */
export function readRecord(folder: string): InitRecord | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(join(folder, recordFolder, 'written.json.gz'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const path = join(folder, recordFolder, 'written.json.gz')
  try {
    const { format: found, ...record } = JSON.parse(gunzipSync(bytes).toString('utf8')) as InitRecord & { format: number }
    if (found === format) return record
  } catch {
    throw new ConfigurationError([{ path, rule: 'is damaged; restore it from version control' }])
  }
  throw new ConfigurationError([{ path, rule: 'was written by a newer version; run npx swarmwatch@latest' }])
}

/** Writes the record, and a text that describes it. */
export function writeRecord(folder: string, record: InitRecord): void {
  const target = join(folder, recordFolder)
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'written.json.gz'), gzipSync(JSON.stringify({ format, ...record }), { level: 9 }))
  writeFileSync(
    join(target, 'README.md'),
    `The files that swarmwatch ${record.version} wrote, as they were. \`npx swarmwatch init --update\` compares them with yours, and
\`npx swarmwatch init --remove\` removes them. Commit this folder; do not change it.
`,
  )
}

/** Writes a text file and the folders above it. */
export function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
