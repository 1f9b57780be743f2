import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { withoutEdits } from './package-file.ts'
import { type FileChange, type InitPlan, readText, startOptions } from './plan.ts'
import { hasStack, type InitRecord, recordFolder, writeRecord, writeText } from './record.ts'
import { threeWayMerge } from './three-way-merge.ts'

/** Writes what the plan has, then the record. A file that changed since the plan was made is not touched: it throws. */
export function applyPlan(root: string, { changes, record, service }: InitPlan): void {
  checkUnchanged(root, changes)
  for (const { path, after } of changes) {
    if (after === undefined) rmSync(join(root, path))
    else writeText(join(root, path), after)
  }
  writeRecord(join(root, service.folder), record)
}

function checkUnchanged(root: string, changes: readonly FileChange[]): void {
  const changed = changes.filter(({ path, before }) => readText(join(root, path)) !== before).map(({ path }) => path)
  if (changed.length > 0) throw new Error(`changed while you were asked, so nothing was written: ${changed.join(', ')}`)
}

/** The steps of `--remove`. Nothing is done yet. */
export interface RemovePlan {
  readonly changes: readonly FileChange[]
  /** Files of the stack with changes of yours, and files that nothing here wrote, in its folder: they stay unless they are forced. */
  readonly yours: readonly string[]
  /** Parts of files that were changed since and stay, for a person to remove. */
  readonly notes: readonly string[]
  readonly needsInstall: boolean
}

/** Files that are made on each machine, below the folder of the stack. */
const localFiles = ['.env', '.env.production', 'app.env'] as const

/** Plans the removal of all that `init` did: changes of your own in the same files stay. */
export function planRemove(root: string, record: InitRecord): RemovePlan {
  const { folder } = record.service
  const notes: string[] = []
  const changes: FileChange[] = []
  const before = readText(join(root, 'package.json'))
  let needsInstall = false
  if (before !== undefined) {
    const { text, kept } = withoutEdits(
      before,
      record.packageEdits,
      record.packageBefore,
      startOptions(hasStack(record) ? folder : undefined).join(' '),
    )
    notes.push(...kept.map((name) => `package.json: ${name} was changed since, so it stays`))
    if (text !== before) changes.push({ path: 'package.json', before, after: text })
    needsInstall = record.packageEdits.some(({ path }) => path[0] === 'dependencies')
  }
  for (const { path, before: original, after } of record.projectFiles.toReversed()) {
    const current = readText(join(root, path))
    if (current === undefined) continue
    if (current === after) {
      changes.push({ path, before: current, after: original })
      continue
    }
    const merged = threeWayMerge(path, { base: after, yours: current, newer: original ?? '' })
    if (merged.kind === 'conflict' || original === undefined) notes.push(`${path} was changed since, so it stays`)
    else if (merged.text !== current) changes.push({ path, before: current, after: merged.text })
  }
  const yours: string[] = []
  for (const [name, written] of Object.entries(record.stack)) {
    const current = readText(join(root, folder, name))
    if (current === written) changes.push({ path: `${folder}/${name}`, before: current })
    else if (current !== undefined) yours.push(`${folder}/${name}`)
  }
  const isOurs = (name: string): boolean =>
    record.stack[name] !== undefined || localFiles.some((each) => each === name) || /^(?:\.secrets|\.init)(?:\/|$)/.test(name)
  yours.push(...filesBelow(join(root, folder)).flatMap((name) => (isOurs(name) ? [] : [`${folder}/${name}`])))
  return { changes, yours, notes, needsInstall }
}

/** Removes what the plan has and what was made on this machine; `force` also removes your files of the stack. */
export function applyRemove(root: string, record: InitRecord, plan: RemovePlan, { force }: { readonly force: boolean }): void {
  checkUnchanged(root, plan.changes)
  for (const { path, after } of plan.changes) {
    if (after !== undefined) writeText(join(root, path), after)
    else removeFile(root, path)
  }
  const folder = join(root, record.service.folder)
  for (const name of localFiles) rmSync(join(folder, name), { force: true })
  rmSync(join(folder, '.secrets'), { recursive: true, force: true })
  rmSync(join(folder, recordFolder), { recursive: true, force: true })
  if (force) for (const path of plan.yours) removeFile(root, path)
  removeEmpty(root, record.service.folder)
}

/** Removes a file and the folders above it that are then empty, but never the project. */
function removeFile(root: string, path: string): void {
  rmSync(join(root, path), { force: true })
  removeEmpty(root, dirname(path))
}

function removeEmpty(root: string, folder: string): void {
  for (let at = folder; at !== '.' && at !== ''; at = dirname(at)) {
    const full = join(root, at)
    if (!existsSync(full)) continue
    if (readdirSync(full).length > 0) return
    rmdirSync(full)
  }
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
}
