import { resolve } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'
import { commandLine } from '@swarmwatch/config/command-line'

import { makeSecrets } from './make-secrets.ts'

const repository = `${import.meta.dirname}/../../..`
const meanings = {
  made: 'generated at random',
  kept: 'exists and is unchanged',
  taken: 'taken from .env.production',
  empty: 'empty: the feature that needs it is off',
  rendered: 'rendered from its template',
} as const

const line = commandLine({
  name: 'secrets',
  usage: '[options] [folder]',
  about: 'Makes .secrets/ for the production stack from .env.production. An existing secret is never overwritten.',
  packageFile: new URL('../package.json', import.meta.url),
})

line.program.argument('[folder]', 'the folder of docker-compose.production.yml; this repository unless given').action(
  line.action((folder: string = repository) => {
    try {
      const secrets = makeSecrets(resolve(folder), { notify: (text) => console.log(text) })
      for (const { name, state } of secrets) console.log(`.secrets/${name.padEnd(28)} ${meanings[state]}`)
      return 0
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      console.error(`${error.message}\nNo secret was written.`)
      return 2
    }
  }),
)

process.exitCode = await line.run(process.argv.slice(2))
