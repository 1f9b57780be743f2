import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { renderTemplates } from './render-templates.ts'

// `node src/write-templates.ts FOLDER`: the build writes the templates into the package, which has no repository around it
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: write-templates.ts FOLDER')
for (const [path, text] of Object.entries(renderTemplates())) {
  const file = join(resolve(folder), path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
