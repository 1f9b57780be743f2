import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { defineConfig } from 'tsdown'

/** Libraries that become part of this package, so that users install and load only what is used of them. */
const inlined = ['commander', 'yaml', 'zod']

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'command-line': 'src/command-line.ts',
    listen: 'src/listen.ts',
    settings: 'src/settings/index.ts',
  },
  platform: 'node',
  deps: { alwaysBundle: inlined, onlyBundle: inlined },
  // yaml's build for Node is CommonJS: its `require('process')` fails when a user bundles it into an ES module
  alias: { yaml: fileURLToPath(new URL('node_modules/yaml/browser/index.js', import.meta.url)) },
  banner: { js: inlined.map(licenceOf).join('\n') },
  dts: true,
  sourcemap: true,
  publint: { strict: true },
  attw: { profile: 'esm-only', level: 'error' },
})

function licenceOf(name: string): string {
  const text = readFileSync(new URL(`node_modules/${name}/LICENSE`, import.meta.url), 'utf8')
  return `/*! Contains parts of ${name}\n${text.trim()}\n*/`
}
