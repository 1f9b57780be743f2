import { resolve } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'

import { makeSecrets } from './make-secrets.ts'

const root = resolve(process.argv[2] ?? `${import.meta.dirname}/../../..`)
const meanings = {
  made: 'made at random',
  kept: 'was there and is unchanged',
  taken: 'taken from .env.production',
  empty: 'empty: what it belongs to is off',
  rendered: 'rendered from its template',
} as const

try {
  const secrets = makeSecrets(root, { notify: (line) => console.log(line) })
  for (const { name, state } of secrets) console.log(`.secrets/${name.padEnd(24)} ${meanings[state]}`)
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error
  console.error(`${error.message}\nNo secret was written.`)
  process.exitCode = 2
}
