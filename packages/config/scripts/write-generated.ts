import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

import { generatedFiles, pathInRepository } from './generated-files.ts'

const files = generatedFiles().map(({ path, text }) => ({ path: pathInRepository(path), text }))
for (const { path, text } of files) writeFileSync(path, text)
const formatted = files.map(({ path }) => path).filter((path) => /\.(?:json|md|ts|yml)$/.test(path))
execFileSync('oxfmt', formatted, { stdio: 'inherit' })
