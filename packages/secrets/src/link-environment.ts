import { lstatSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const target = '.env.production'

/** Makes `.env` a link to `.env.production`, because Compose fills in `${...}` from `.env` only. Gives what is wrong where that cannot be. */
export function linkEnvironment(folder: string): string | undefined {
  const link = join(folder, '.env')
  const present = lstatSync(link, { throwIfNoEntry: false })
  if (present === undefined) {
    symlinkSync(target, link)
    return undefined
  }
  if (present.isSymbolicLink() && readlinkSync(link) === target) return undefined
  return '.env is there and is no link to .env.production, so Compose would not read your settings: move what is in it to .env.production and remove it'
}
