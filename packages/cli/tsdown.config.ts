import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { defineConfig } from 'tsdown'

/** Libraries that become part of this package, so that `npx` installs three packages instead of a dozen. */
const inlined = ['@babel/parser', 'bcryptjs', 'diff', 'jsonc-parser', 'node-diff3', 'package-manager-detector']

export default defineConfig({
  entry: ['src/cli.ts'],
  platform: 'node',
  deps: { alwaysBundle: [...inlined, '@swarmwatch/secrets'], onlyBundle: [...inlined, '@swarmwatch/secrets'] },
  // The entry for Node of jsonc-parser is UMD, which requires its own files at run time
  alias: { 'jsonc-parser': fileURLToPath(new URL('node_modules/jsonc-parser/lib/esm/main.js', import.meta.url)) },
  banner: { js: inlined.map(licenceOf).join('\n') },
  sourcemap: true,
  publint: { strict: true },
})

function licenceOf(name: string): string {
  const folder = name === 'bcryptjs' ? '../secrets/node_modules' : 'node_modules'
  const file = name === 'jsonc-parser' || name === 'node-diff3' ? 'LICENSE.md' : 'LICENSE'
  const text = readFileSync(new URL(`${folder}/${name}/${file}`, import.meta.url), 'utf8')
  return `/*! Contains parts of ${name}\n${text.trim()}\n*/`
}
