import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { registryFiles } from './registry-files.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
mkdirSync(`${root}registry`, { recursive: true })
for (const { path, text } of registryFiles()) writeFileSync(root + path, text)
