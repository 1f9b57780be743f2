import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { spreadOf, type Spread } from './statistics.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

export interface ImportTimeRow {
  readonly imported: string
  /** Milliseconds of the import itself, in a process that has just started. */
  readonly milliseconds: Spread
  /** Resident memory that the import added, in megabytes. */
  readonly addedMegabytes: Spread
}

export interface ImportTimeResult {
  readonly rows: readonly ImportTimeRow[]
  readonly runs: number
}

const imports: Readonly<Record<string, string>> = {
  '@opentelemetry/api + cockatiel': "await Promise.all([import('@opentelemetry/api'), import('cockatiel')])",
  '@swarmwatch/sdk (brings both)': "await import('@swarmwatch/sdk')",
}

/** Imports the built SDK, and beside it only what it stands on, in a new process each, in turn. */
export async function measureImportTime(runs: number): Promise<ImportTimeResult> {
  const folder = await installBuilt()
  try {
    const measured: Record<string, { milliseconds: number[]; megabytes: number[] }> = {}
    for (let at = 0; at < runs; at += 1) {
      for (const [imported, code] of Object.entries(imports)) {
        const { milliseconds, megabytes } = await importOnce(folder, code)
        const all = (measured[imported] ??= { milliseconds: [], megabytes: [] })
        all.milliseconds.push(milliseconds)
        all.megabytes.push(megabytes)
      }
    }
    const rows = Object.entries(measured).map(([imported, { milliseconds, megabytes }]) => ({
      imported,
      milliseconds: spreadOf(milliseconds),
      addedMegabytes: spreadOf(megabytes),
    }))
    return { rows, runs }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A folder that has installed the SDK as users get it: `dist/`, and its two dependencies. */
async function installBuilt(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-'))
  const sdk = join(root, 'packages/sdk')
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, '@opentelemetry'), { recursive: true })
  for (const name of ['cockatiel', '@opentelemetry/api']) await symlink(join(sdk, 'node_modules', name), join(modules, name))
  const target = join(modules, '@swarmwatch/sdk')
  await cp(join(sdk, 'package.json'), join(target, 'package.json'))
  const build = ['--config', 'tsdown.config.ts', '--out-dir', join(target, 'dist'), '--no-publint', '--no-attw', '--no-dts']
  await run(join(sdk, 'node_modules/.bin/tsdown'), build, { cwd: sdk })
  return folder
}

async function importOnce(folder: string, code: string): Promise<{ milliseconds: number; megabytes: number }> {
  const program = `
    const before = process.memoryUsage.rss(), started = performance.now()
    ${code}
    const milliseconds = performance.now() - started
    console.log(JSON.stringify({ milliseconds, megabytes: (process.memoryUsage.rss() - before) / 1e6 }))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder })
  return JSON.parse(stdout) as { milliseconds: number; megabytes: number }
}
