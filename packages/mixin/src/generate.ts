import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { renderRuleFile } from './render-rule-file.ts'
import { ruleFiles } from './rule-files.ts'
import type { MixinSettings } from './settings.ts'

/** The text of every generated file, by its path from the root of the repository. */
export function generated(settings: MixinSettings): ReadonlyMap<string, string> {
  return new Map(ruleFiles(settings).map((file) => [`${rulesFolder}/${file.name}`, renderRuleFile(file)]))
}

/** Writes them, and removes what is no longer generated; returns the paths. */
export function generate(root: string, settings: MixinSettings): readonly string[] {
  const files = generated(settings)
  mkdirSync(join(root, rulesFolder), { recursive: true })
  for (const name of readdirSync(join(root, rulesFolder))) {
    if (!files.has(`${rulesFolder}/${name}`)) rmSync(join(root, rulesFolder, name))
  }
  for (const [path, text] of files) writeFileSync(join(root, path), text)
  return [...files.keys()]
}

const rulesFolder = 'collector/prometheus/rules'
