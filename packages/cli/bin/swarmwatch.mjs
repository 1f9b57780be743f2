#!/usr/bin/env node
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Before anything is loaded: an old Node would end with a syntax error
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 15)) {
  console.error(
    `swarmwatch needs Node 22.15 or newer, this is ${process.versions.node} (in a clone of the repository: npx pnpm@12.21.0 exec swarmwatch)`,
  )
  process.exit(2)
}
const built = new URL('../dist/cli.mjs', import.meta.url)
if (existsSync(built)) {
  await import(built.href)
} else {
  // In a fresh clone: the condition makes the other packages resolve to their sources, too; it works only as a flag at the start
  const source = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
  const { status, error } = spawnSync(process.execPath, ['--conditions=swarmwatch-source', source, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  if (error) throw error
  process.exitCode = status ?? 1
}
