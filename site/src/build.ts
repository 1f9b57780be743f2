import { join } from 'node:path'

import { build } from 'vitepress'

import { assemblePages, copyMarkdown } from './assemble.ts'
import { writeLlmsFiles } from './llms.ts'
import { siteRoot } from './repository.ts'

const dist = join(siteRoot, 'dist')
await assemblePages()
await build(siteRoot)
await copyMarkdown(dist)
await writeLlmsFiles(dist)
