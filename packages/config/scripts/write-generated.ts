import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

import { generatedFiles } from './generated-files.ts'

const files = generatedFiles()
for (const { path, text } of files) writeFileSync(path, text)
execFileSync(
  'oxfmt',
  files.map(({ path }) => path),
  { stdio: 'inherit' },
)
