import { join, resolve } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'

import { generate } from './generate.ts'
import { MixinError, readSettings } from './settings.ts'

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '../../..'))

try {
  for (const path of generate(root, readSettings(join(root, 'config/production.yaml')))) console.log(path)
} catch (error) {
  if (!(error instanceof ConfigurationError || error instanceof MixinError)) throw error
  console.error(`${error.message}\nNothing was written.`)
  process.exitCode = 2
}
