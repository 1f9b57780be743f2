import { commandLine } from '@swarmwatch/config/command-line'

import { addAdviseCommand } from './advise-command.ts'
import { addServeCommand } from './service/serve-command.ts'

const line = commandLine({
  name: 'swarmwatch-advisor',
  usage: '<command>',
  about: 'Forecasts traffic and cost of agents, plans capacity, and finds what would save money.',
  packageFile: new URL('../package.json', import.meta.url),
})

addAdviseCommand(line)
addServeCommand(line)

process.exitCode = await line.run(process.argv.slice(2))
