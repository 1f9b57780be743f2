import { lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const target = '.env.production'

/** First line of a `.env` that is a copy. */
const copyMark = '# A copy of .env.production, made by `pnpm secrets`: change that file and run `pnpm secrets` again.'

/** What became of `.env`; with a `problem`, nothing was written. */
export interface EnvironmentLink {
  readonly kind: 'link' | 'copy'
  readonly problem?: string
}

/**
 * Makes `.env` a link to `.env.production`, because Compose fills in `${...}` from `.env` only. Where links are not allowed (Windows
 * without developer mode), it makes a copy, which each call renews.
 */
export function linkEnvironment(folder: string, makeLink: (target: string, path: string) => void = symlinkSync): EnvironmentLink {
  const path = join(folder, '.env')
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present?.isSymbolicLink() && readlinkSync(path) === target) return { kind: 'link' }
  if (present !== undefined) {
    if (present.isSymbolicLink() || !present.isFile() || !readFileSync(path, 'utf8').startsWith(copyMark)) {
      const problem =
        '.env exists and is no link to .env.production, so Compose would not read your settings: move its content to .env.production and remove it'
      return { kind: 'link', problem }
    }
    rmSync(path)
  }
  try {
    makeLink(target, path)
    return { kind: 'link' }
  } catch {
    const text = readFileSync(join(folder, target), 'utf8').replace(/^\uFEFF/, '')
    // It may contain secrets
    writeFileSync(path, `${copyMark}\n${text}`, { mode: 0o600 })
    return { kind: 'copy' }
  }
}
