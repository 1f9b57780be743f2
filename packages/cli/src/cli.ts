import {
  asJson,
  commandLine,
  swarmwatchAbout,
  swarmwatchCommands,
  swarmwatchExamples,
  versionOf,
} from '@swarmwatch/config/command-line'

import { addInitCommand, below } from './init/init-command.ts'
import { makeLocalFiles } from './init/local-files.ts'
import { addProjectCommands } from './project-commands.ts'

const packageFile = new URL('../package.json', import.meta.url)
const line = commandLine({
  name: 'swarmwatch',
  usage: '[options] <command>',
  about: swarmwatchAbout,
  examples: swarmwatchExamples,
  packageFile,
})

addInitCommand(line, versionOf(packageFile))

line.program
  .command('secrets')
  .description(swarmwatchCommands.secrets)
  .option('--folder <folder>', 'the folder of the stack', 'swarmwatch')
  .option('--json', 'print what was made as JSON')
  .addHelpText(
    'after',
    '\nExample:\n  npx swarmwatch secrets                       on a new machine, and after a change of .env.production',
  )
  .action(
    line.action(({ folder, json }: { folder: string; json?: true }) => {
      const { copied, secrets } = makeLocalFiles(below(folder), (text) => (json ? console.error(text) : console.log(text)))
      if (json) console.log(asJson({ copied, secrets }))
      else {
        for (const name of copied) console.log(`${folder}/${name} copied from ${name}.example`)
        for (const { name, state } of secrets) console.log(`${folder}/.secrets/${name.padEnd(28)} ${state}`)
      }
      return 0
    }),
  )

addProjectCommands(line)

process.exitCode = await line.run(process.argv.slice(2))
