import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { onTestFinished } from 'vitest'

const repository = resolve(import.meta.dirname, '../../..')

/** A folder as an operator has it after copying `.env.production.example`, with `changes` to it. Removed after the test. */
export function laidOut(changes: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const part of ['collector', 'config']) cpSync(join(repository, part), join(folder, part), { recursive: true })
  const example = readFileSync(join(repository, '.env.production.example'), 'utf8')
  const text = Object.entries(changes).reduce(
    (lines, [name, value]) => lines.replace(new RegExp(`^${name}=.*$`, 'm'), () => `${name}=${value}`),
    example,
  )
  writeFileSync(join(folder, '.env.production'), text)
  return folder
}
